#!/usr/bin/env python3
"""Speak the sample recordings of the speech pipeline, with their ground truth.

Writes next to this file, into samples/ (16-bit mono WAV):

    two-sentences.wav   16 kHz: faint noise, a sentence, a pause, a sentence, faint noise
    silence.wav         16 kHz: three seconds of faint noise, no speech
    eight-khz.wav       8 kHz: one second, at a rate the pipeline refuses
    truth.json          where the speech of each 16 kHz recording is, in seconds

Needs numpy, scipy and the espeak-ng program (Debian's espeak-ng). All
randomness is seeded: the same versions of these give the same samples.

Usage: python3 make-samples.py
"""

import io
import json
import subprocess
import wave
from math import gcd
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

RATE = 16000
NOISE = 0.0004  # the room's noise, as the standard deviation of a sample in -1..1
SENTENCES = [
    "The river turns the mill wheel all morning.",
    "By evening the flour is ready for the bakery.",
]
PAUSES = [1.0, 1.5, 1.0]  # seconds before, between and after the sentences


def speak(text):
    """The text as spoken by espeak-ng, in -1..1 at RATE, peaking at 0.6."""
    command = ["espeak-ng", "-v", "en-gb-x-rp", "-s", "160", "-p", "45", "--stdout", text]
    spoken = subprocess.run(command, check=True, capture_output=True).stdout
    with wave.open(io.BytesIO(spoken)) as file:
        rate = file.getframerate()
        # The header of a stream gives no true length: read whatever there is.
        voice = np.frombuffer(file.readframes(len(spoken) // 2), "<i2") / 32768
    common = gcd(rate, RATE)
    voice = resample_poly(voice, RATE // common, rate // common)
    return 0.6 * voice / np.abs(voice).max()


def trim(voice):
    """Cut to where the voice's energy starts and ends: 10 ms blocks within 40 dB of the loudest."""
    block = RATE // 100
    blocks = voice[: len(voice) // block * block].reshape(-1, block)
    energy = (blocks**2).mean(axis=1)
    loud = np.flatnonzero(energy > energy.max() * 1e-4)
    return voice[loud[0] * block : (loud[-1] + 1) * block]


def noise(rng, count):
    """Faint noise of a room: white noise with the high end taken off."""
    white = rng.normal(0, 1, count + 3)
    return NOISE * 2 * np.convolve(white, np.full(4, 0.25), "valid")


def write(path, samples, rate=RATE):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def main():
    out = Path(__file__).resolve().parent / "samples"
    out.mkdir(exist_ok=True)
    rng = np.random.default_rng(20240314)

    parts, spans, at = [], [], 0
    for pause, sentence in zip(PAUSES, SENTENCES):
        quiet = np.zeros(round(pause * RATE))
        voice = trim(speak(sentence))
        start = at + len(quiet)
        at = start + len(voice)
        parts += [quiet, voice]
        spans.append({"start": round(start / RATE, 3), "end": round(at / RATE, 3)})
    speech = np.concatenate([*parts, np.zeros(round(PAUSES[-1] * RATE))])
    write(out / "two-sentences.wav", speech + noise(rng, len(speech)))

    write(out / "silence.wav", noise(rng, 3 * RATE))

    tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    write(out / "eight-khz.wav", tone, 8000)

    truth = {"two-sentences.wav": spans, "silence.wav": []}
    (out / "truth.json").write_text(json.dumps(truth, indent=2) + "\n")


if __name__ == "__main__":
    main()
