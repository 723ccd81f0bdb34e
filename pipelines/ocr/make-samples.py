#!/usr/bin/env python3
"""Draw the sample pictures of the OCR pipeline, with their ground truth.

Writes next to this file, into samples/:

    receipt.png       a clean till receipt, nine lines
    skewed.jpg        a "photo" of a page lying askew on a desk, eight lines
    upside-down.png   a notice turned by 180 degrees, six lines
    empty.png         a blank sheet with paper noise and no text
    truth.json        each picture's lines of text, in reading order

Needs Pillow and numpy, and the DejaVu fonts (Debian's fonts-dejavu-core). All
randomness is seeded: the same versions of these give the same pixels.

Usage: python3 make-samples.py
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = Path("/usr/share/fonts/truetype")
SANS = FONTS / "dejavu/DejaVuSans.ttf"
SERIF = FONTS / "dejavu/DejaVuSerif.ttf"

RECEIPT = [
    "The Corner Mill Bakery",
    "18 Weaver Street, Oldbridge",
    "2 Flat white 7.20",
    "4 Almond croissant 13.80",
    "3 Sourdough roll 4.50",
    "2 Orange juice 5.90",
    "TOTAL EUR 31.40",
    "Date 14 March 2024 at 09:26",
    "Thank you, see you soon",
]
LETTER = [
    "Notes on the water mill",
    "The race is four metres wide and carries",
    "about 650 litres each second.",
    "A sluice gate upstream sets the level,",
    "and the overflow returns to the river.",
    "Grain enters from the loft by a chute;",
    "flour leaves in sacks of 25 kg each.",
    "Last inspected on 7 October 2023",
]
NOTICE = [
    "Reading room notice",
    "Please return books to the trolley.",
    "Opening hours: 10:00 to 18:30",
    "Keep food and drink outside",
    "Lockers 1 to 48 are on the left",
    "Questions? Ask at the front desk",
]


def page(lines, size, font, px, left, top, step, scale=1, paper=250, ink=30):
    """A grey page with each line of text drawn as one left-aligned run."""
    image = Image.new("L", (size[0] * scale, size[1] * scale), paper)
    draw = ImageDraw.Draw(image)
    face = ImageFont.truetype(str(font), px * scale)
    for i, line in enumerate(lines):
        text = line.replace(" ", " \u200a")  # a hair more between words: easier to read
        draw.text((left * scale, (top + i * step) * scale), text, ink, font=face)
    return image


def blobs(rng, size, cells):
    """Smooth noise in about -1..1: random cells (across, down) scaled up."""
    cells = rng.normal(0, 0.5, (cells[1], cells[0])).astype(np.float32)
    return np.asarray(Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC))


def perspective(source, target):
    """Coefficients for Image.transform that map target corners onto source."""
    rows, values = [], []
    for (u, v), (x, y) in zip(source, target):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
        values += [u, v]
    return np.linalg.solve(np.array(rows, float), np.array(values, float)).tolist()


def photo(sheet, corners, size, rng):
    """The sheet seen on a wooden desk: its corners go to the four given points."""
    big = (size[0] * 2, size[1] * 2)  # drawn at double size, then scaled down
    w, h = sheet.size
    warp = perspective([(0, 0), (w, 0), (w, h), (0, h)], [(x * 2, y * 2) for x, y in corners])

    def lay(image):
        how = (Image.Transform.PERSPECTIVE, warp, Image.Resampling.BICUBIC)
        return image.transform(big, *how).resize(size, Image.Resampling.LANCZOS)

    inside = lay(Image.new("L", (w, h), 255))
    shadow = Image.new("L", size)
    shadow.paste(inside, (7, 10))
    shadow = np.asarray(shadow.filter(ImageFilter.GaussianBlur(9)), float) / 255
    inside = np.asarray(inside, float)[..., None] / 255
    page_ = np.asarray(lay(sheet), float)[..., None] * [1.0, 0.985, 0.95]

    # Rings of wood: a wavy ramp down the picture, plus fine streaks along it.
    rows = np.linspace(0, 26, size[1])[:, None] + 2.2 * blobs(rng, size, (5, 9))
    grain = 0.10 * np.sin(rows * 2.6) + 0.13 * blobs(rng, size, (8, 260)) + 0.6
    desk = grain[..., None] * [176, 124, 82] * (1 - 0.55 * shadow[..., None])
    scene = desk * (1 - inside) + page_ * inside

    # A lamp at the upper left, a soft shade over the lower right, then the camera.
    y, x = np.mgrid[0:1:size[1] * 1j, 0:1:size[0] * 1j]
    light = 1.04 - 0.34 * np.hypot(x - 0.2, y - 0.15) + 0.04 * blobs(rng, size, (4, 4))
    scene = Image.fromarray(np.clip(scene * light[..., None], 0, 255).astype(np.uint8))
    scene = np.asarray(scene.filter(ImageFilter.GaussianBlur(0.8)), float)
    noise = rng.normal(0, 4, scene.shape[:2])[..., None] + rng.normal(0, 2, scene.shape)
    return Image.fromarray(np.clip(scene + noise, 0, 255).astype(np.uint8))


def main():
    out = Path(__file__).resolve().parent / "samples"
    out.mkdir(exist_ok=True)
    rng = np.random.default_rng(20240314)

    receipt = page(RECEIPT, (900, 800), SERIF, 32, 100, 62, 76)
    receipt.save(out / "receipt.png", optimize=True)

    # Corners from the upper left, clockwise: turned by about 8 degrees.
    corners = [(196, 70), (1052, 190), (952, 912), (72, 770)]
    sheet = page(LETTER, (880, 730), SERIF, 34, 70, 62, 77, scale=2, paper=246, ink=38)
    photo(sheet, corners, (1120, 980), rng).save(out / "skewed.jpg", quality=85)

    notice = page(NOTICE, (860, 620), SANS, 34, 80, 72, 84)
    ImageDraw.Draw(notice).rectangle((24, 24, 835, 595), outline=90, width=5)
    notice.rotate(180).save(out / "upside-down.png", optimize=True)

    grey = 244 + 1.5 * blobs(rng, (800, 600), (7, 5)) + rng.normal(0, 1.2, (600, 800))
    tinted = grey.round()[..., None] * [1.0, 0.99, 0.96]
    blank = Image.fromarray(np.clip(tinted.round(), 0, 255).astype(np.uint8))
    blank.save(out / "empty.png", optimize=True)

    truth = {"receipt.png": RECEIPT, "skewed.jpg": LETTER, "upside-down.png": NOTICE, "empty.png": []}
    (out / "truth.json").write_text(json.dumps(truth, indent=2) + "\n")


if __name__ == "__main__":
    main()
