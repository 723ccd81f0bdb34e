/** Tables for the terminal. */

/** Lays out rows in columns; columns where every cell is a number or a duration are right-aligned. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  indent = '  ',
): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map(row => row[column]!.length)),
  );
  const numeric = headings.map((_, column) => rows.every(row => /^-?[\d.]+( ?\p{L}+)?$/u.test(row[column]!)));
  const line = (cells: readonly string[]) => {
    const padded = cells.map((cell, column) =>
      numeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    );
    return (indent + padded.join('  ')).trimEnd();
  };
  return [line(headings), ...rows.map(line)].join('\n');
}
