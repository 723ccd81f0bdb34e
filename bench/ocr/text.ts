/** How much of a text was read. */

function collapse(line: string): string {
  return line.trim().replace(/\s+/g, ' ');
}

/** How many of `lines` were read exactly, but for the width of spaces. */
export function linesRight(lines: readonly string[], read: readonly string[]): number {
  const left = read.map(collapse);
  return lines.filter(line => {
    const found = left.indexOf(collapse(line));
    if (found >= 0) left.splice(found, 1);
    return found >= 0;
  }).length;
}
