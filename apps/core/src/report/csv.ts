/** A value of a report. */
export type Cell = string | number | Date | null;

/** What a spreadsheet would take for the beginning of a formula. */
const formula = /^[=+\-@\t\r\n|%]/;

/** Text is quoted where it has to be (RFC 4180), and never runs as a formula: an apostrophe before it makes it text. */
function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = typeof cell === 'string' ? cell : cell.toISOString();
  const safe = formula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A table with its head, each line ended by CR LF. */
export const csvTable = (columns: readonly string[], rows: readonly Readonly<Record<string, Cell>>[]): string =>
  [columns, ...rows.map((row) => columns.map((column) => row[column] ?? null))]
    .map((cells) => `${cells.map(csvCell).join(',')}\r\n`)
    .join('');
