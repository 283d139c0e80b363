import type { Place } from '@countersign/policy';

/** Returns a place as editors and compilers write it. */
export function placeText({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}
