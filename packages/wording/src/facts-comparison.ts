import { unsettle, type Facts } from '@countersign/sql';

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

/** How the executor's facts stand to those of this machine: `graver` where it calls more of the texts unknown, and nothing else. */
export type Agreement = 'same' | 'graver' | 'differs';

/**
 * Returns how two readings of the same texts agree. INVARIANT: `graver` only when the executor's facts are those read here with whole
 * texts unsettled, which adds and takes nothing away; so what an executor leaves out or makes milder always differs.
 */
export function agreementOf(signed: Facts, here: Facts): Agreement {
  if (compareFacts(signed, here).length === 0) return 'same';
  const more = signed.statements.filter(
    ({ hazards }, index) => hazards.length > (here.statements[index]?.hazards.length ?? 0),
  );
  const texts = new Set(more.map(({ text }) => text));
  const unsettled = [...texts].reduce((facts, text) => unsettle(facts, text), here);
  return compareFacts(signed, unsettled).length === 0 ? 'graver' : 'differs';
}

// Lists of names are compared as one field: a name more or less would shift all that follow.
function flatten(path: string, value: unknown): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  const isNames = Array.isArray(value) && value.every((item) => typeof item !== 'object');
  if (typeof value !== 'object' || value === null || isNames) {
    fields.set(
      path,
      isNames && value.length > 0 ? value.map(listed).join(', ') : isNames ? 'nothing' : String(value),
    );
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

/** A name as it stands in a list: in quotes where it could be taken for more names or for none. */
function listed(name: unknown): string {
  const text = String(name);
  return /^[^,"]+$/.test(text) && text !== 'nothing' ? text : JSON.stringify(text);
}
