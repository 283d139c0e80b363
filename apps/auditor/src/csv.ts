/**
 * Returns RFC 4180 text with a head line. A cell that a spreadsheet would run as a formula gets an apostrophe in front;
 * control characters become spaces.
 */
export function formatCsv(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return [columns, ...rows].map((cells) => `${cells.map(formatCell).join(',')}\r\n`).join('');
}

function formatCell(cell: string): string {
  const plain = cell.replace(/[\p{Cc}\p{Cf}]/gu, ' ');
  const inert = /^[\s]*[=+\-@]/u.test(plain) ? `'${plain}` : plain;
  return /[",]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
