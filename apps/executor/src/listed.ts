/** Returns names parted by commas, or `otherwise` when there are none. */
export function listed(names: readonly string[], otherwise: string = 'none'): string {
  return names.length === 0 ? otherwise : names.join(', ');
}
