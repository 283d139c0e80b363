const lengthMax = 1000;

/**
 * Returns a text as the ledger keeps it: cut after 1,000 UTF-16 units, half a character as U+FFFD. Records take no such half: a text
 * that is cut there, or an engine's that has one, would keep what it tells of from being recorded.
 */
export function noteText(text: string): string {
  return text.slice(0, lengthMax).toWellFormed();
}
