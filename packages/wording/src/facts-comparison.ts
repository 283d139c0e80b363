import type { Facts } from '@countersign/sql';

/** One place where two readings of the same statements differ. */
export interface FactsDifference {
  readonly field: string;
  readonly signed: string;
  readonly here: string;
}

/** Returns where the executor's facts and those of this machine differ, field by field; empty when they are the same. */
export function compareFacts(signed: Facts, here: Facts): readonly FactsDifference[] {
  const left = flatten('', signed);
  const right = flatten('', here);
  const fields = [...new Set([...left.keys(), ...right.keys()])];
  return fields
    .map((field) => ({ field, signed: left.get(field) ?? 'nothing', here: right.get(field) ?? 'nothing' }))
    .filter((difference) => difference.signed !== difference.here);
}

// Lists of names are compared as one field: a name more or less would shift all that follow.
function flatten(path: string, value: unknown): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  const isNames = Array.isArray(value) && value.every((item) => typeof item !== 'object');
  if (typeof value !== 'object' || value === null || isNames) {
    fields.set(path, isNames && value.length > 0 ? value.join(', ') : isNames ? 'nothing' : String(value));
    return fields;
  }
  for (const [name, inner] of Object.entries(value)) {
    const step = Array.isArray(value)
      ? `${path} ${Number(name) + 1}`
      : path === ''
        ? name
        : `${path} ${name}`;
    for (const [field, text] of flatten(step, inner)) fields.set(field, text);
  }
  return fields;
}
