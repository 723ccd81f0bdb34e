/** Durations and sizes as people write them: `20 ms`, `1.5 s`, `64 MiB`. */
const milliseconds = { us: 0.001, µs: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000 } as const;
const sizes = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

const number = String.raw`(\d+(?:\.\d+)?|\.\d+)`;
const durationPattern = new RegExp(`^${number} *(us|µs|ms|s|min|h)$`);
const sizePattern = new RegExp(`^${number} *(B|kB|MB|GB|KiB|MiB|GiB)$`);

/** Schema of a duration, for operators' parameters and the pipeline file. */
export const Duration = {
  type: 'string',
  pattern: durationPattern.source,
  description: 'A duration with its unit: 20 ms, 1.5 s, 2 min',
} as const;

/** Schema of a size. */
export const Size = {
  type: 'string',
  pattern: sizePattern.source,
  description: 'A size with its unit: 64 kB, 1.5 MiB',
} as const;

/** Milliseconds of a duration, or null if it is not one (a bare number has no unit, so it is not). */
export function parseDuration(text: unknown): number | null {
  const match = typeof text === 'string' ? durationPattern.exec(text.trim()) : null;
  return match ? Number(match[1]) * milliseconds[match[2] as keyof typeof milliseconds] : null;
}

/** Bytes of a size, or null if it is not one. */
export function parseSize(text: unknown): number | null {
  const match = typeof text === 'string' ? sizePattern.exec(text.trim()) : null;
  return match ? Number(match[1]) * sizes[match[2] as keyof typeof sizes] : null;
}

/** Milliseconds for people: `412 µs`, `37.2 ms`, `1.25 s`, `2 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1000) return `${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`;
  return `${Number.isInteger(ms / 1000) ? ms / 1000 : (ms / 1000).toFixed(2)} s`;
}

/** Bytes for people, by the largest unit they are a whole number of: `64 MiB`, `1500 B`. */
export function formatSize(bytes: number): string {
  const unit = (['GiB', 'MiB', 'KiB'] as const).find(name => bytes > 0 && bytes % sizes[name] === 0) ?? 'B';
  return `${bytes / sizes[unit]} ${unit}`;
}
