import type Sharp from 'sharp';

/**
 * Loads sharp, for an operator that starts. One thread per picture and no cache: replicas are what runs pictures
 * side by side, and no two queries bring the same bytes.
 */
export async function loadSharp(): Promise<typeof Sharp> {
  const { default: sharp } = await import('sharp');
  sharp.concurrency(1);
  sharp.cache(false);
  return sharp;
}

/** The first line of what sharp threw. */
export function sharpMessage(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.split('\n', 1)[0]!.trim();
}
