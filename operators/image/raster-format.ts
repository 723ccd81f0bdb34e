const ascii = (data: Uint8Array, from: number, to: number) => String.fromCharCode(...data.subarray(from, to));

const signatures: readonly { format: string; matches(data: Uint8Array): boolean }[] = [
  { format: 'jpeg', matches: data => data[0] === 0xff && data[1] === 0xd8 && data[2] === 0xff },
  { format: 'png', matches: data => data[0] === 0x89 && ascii(data, 1, 8) === 'PNG\r\n\x1a\n' },
  { format: 'gif', matches: data => /^GIF8[79]a$/.test(ascii(data, 0, 6)) },
  { format: 'webp', matches: data => ascii(data, 0, 4) === 'RIFF' && ascii(data, 8, 12) === 'WEBP' },
  { format: 'tiff', matches: data => ['II*\0', 'MM\0*'].includes(ascii(data, 0, 4)) },
  { format: 'avif', matches: data => /^ftypavi[fs]$/.test(ascii(data, 4, 12)) },
];

/**
 * The raster format that a file's first bytes announce, or null. The decoder is shown nothing else: what it could
 * make of other files (SVG, which may name further files; PDF) is not a picture that a client may send.
 */
export function rasterFormat(data: Uint8Array): string | null {
  return signatures.find(signature => signature.matches(data))?.format ?? null;
}
