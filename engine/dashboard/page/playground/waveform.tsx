/** A sound as it looks, with the stretches in which someone speaks. */
import { useEffect, useRef } from 'preact/hooks';
import { colour, onThemeChange } from '../chart-colours.ts';
import { sampleRate } from './wav.ts';

/** In seconds; one that goes on has no end yet. */
export interface Segment {
  start: number;
  end: number | null;
}

function draw(canvas: HTMLCanvasElement, samples: Float32Array, segments: readonly Segment[]): void {
  const scale = devicePixelRatio;
  const [width, height] = [canvas.clientWidth * scale, canvas.clientHeight * scale];
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d')!;
  const xOf = (seconds: number) => ((seconds * sampleRate) / samples.length) * width;
  context.fillStyle = colour('good-soft');
  for (const { start, end } of segments) {
    const left = xOf(start);
    context.fillRect(left, 0, xOf(end ?? samples.length / sampleRate) - left, height);
  }
  context.fillStyle = colour('accent');
  const perColumn = samples.length / width;
  for (let column = 0; column < width; column++) {
    let loudest = 0;
    for (let at = Math.floor(column * perColumn); at < (column + 1) * perColumn; at++)
      loudest = Math.max(loudest, Math.abs(samples[at] ?? 0));
    const tall = Math.max(scale, loudest * height);
    context.fillRect(column, (height - tall) / 2, 1, tall);
  }
  context.fillStyle = colour('good');
  for (const { start, end } of segments) {
    context.fillRect(xOf(start), 0, 2 * scale, height);
    if (end !== null) context.fillRect(xOf(end) - 2 * scale, 0, 2 * scale, height);
  }
}

export function Waveform({ samples, segments }: { samples: Float32Array; segments: readonly Segment[] }) {
  const place = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const again = () => draw(place.current!, samples, segments);
    again();
    const observer = new ResizeObserver(again);
    observer.observe(place.current!);
    const end = onThemeChange(again);
    return () => {
      observer.disconnect();
      end();
    };
  }, [samples, segments]);
  const spoken = segments.map(({ start, end }) => `${start} to ${end ?? 'now'} s`).join(', ');
  return (
    <canvas ref={place} class="wave" role="img" aria-label={`Speech: ${spoken === '' ? 'none' : spoken}`} />
  );
}
