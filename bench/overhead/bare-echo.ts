/** A piscina worker that gives its argument back. */
export default function echo(value: unknown): unknown {
  return value;
}
