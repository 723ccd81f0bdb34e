/** A name with no more than `most` characters, its middle left out if it is longer: both its ends tell it apart. */
export function shorten(name: string, most: number): string {
  if (name.length <= most) return name;
  const kept = most - 1;
  const head = Math.ceil(kept / 2);
  return `${name.slice(0, head)}…${name.slice(name.length - (kept - head))}`;
}
