/** Returns a whole number with its thousands parted, such as `12,345`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/gu, ',');
}

/** Returns a count and its noun, such as `1 row` or `12,345 rows`. */
export function formatQuantity(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Returns a number of bytes for a person, such as `940 bytes` or `1.4 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  if (bytes < 1024) return formatQuantity(bytes, 'byte');
  let value = bytes / 1024;
  let unit = 0;
  // Rounding must not give `1024.0 KiB`.
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit] ?? ''}`;
}
