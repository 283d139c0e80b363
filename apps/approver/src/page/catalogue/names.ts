import { formatCount } from '@countersign/wording';

const namesMax = 6;

/** Returns the names of files in a row; of very many the first ones. */
export function nameList(names: readonly string[]): string {
  if (names.length <= namesMax) return names.join(', ');
  return `${names.slice(0, namesMax).join(', ')} and ${formatCount(names.length - namesMax)} more`;
}
