import type { SchemaChange } from '@countersign/diff';
import { qualified } from '@countersign/sql';
import { TargetError } from '../target-error.ts';
import { shownText } from './schema-objects.ts';
import type { SchemaObject } from './schema-objects.ts';

/** Changed objects that one request can name. */
const objectsMax = 256;

/** Tables that got another name, qualified, in the order in which they did. */
type Renamings = readonly (readonly [from: string, to: string])[];

/**
 * Returns what changed between two readings of a database, ascending by kind and name. A table that has another name is one change,
 * whose texts begin with the names.
 * @throws TargetError `limit/objects`
 */
export function compareObjects(
  database: string,
  before: readonly SchemaObject[],
  after: readonly SchemaObject[],
  renamings: Renamings,
): SchemaChange[] {
  const origins = originsOf(renamings);
  const moved = new Set(origins.values());
  const nameOf = ({ name }: SchemaObject): string => qualified(database, name);
  const isRelation = ({ type }: SchemaObject): boolean => /^(?:table|view|sequence)$/.test(type);
  const used = new Set<SchemaObject>();
  const changes = after.flatMap((is): SchemaChange[] => {
    const name = nameOf(is);
    const origin = isRelation(is) ? origins.get(name) : undefined;
    const was = before.find(
      (one) =>
        one.type === is.type &&
        nameOf(one) === (origin ?? name) &&
        (origin !== undefined || !isRelation(one) || !moved.has(name)),
    );
    if (was === undefined) return [{ ...titleOf(is, name), before: null, after: shownText(is) }];
    used.add(was);
    const [old, now] = [shownText(was), shownText(is)];
    if (origin !== undefined && origin !== name) {
      return [{ ...titleOf(is, name), before: `name ${origin}\n${old}`, after: `name ${name}\n${now}` }];
    }
    return old === now ? [] : [{ ...titleOf(is, name), before: old, after: now }];
  });
  const gone = before.filter((was) => !used.has(was));
  const all = [
    ...changes,
    ...gone.map((was): SchemaChange => ({
      ...titleOf(was, nameOf(was)),
      before: shownText(was),
      after: null,
    })),
  ];
  if (all.length > objectsMax) {
    const text = `statement changes ${all.length} objects of the schema, expected at most ${objectsMax}`;
    throw new TargetError('limit/objects', text);
  }
  return all.toSorted(byKindAndName);
}

/** A procedure may have the name of a function, and diffs have no word for it. */
function titleOf({ type }: SchemaObject, name: string): Pick<SchemaChange, 'object' | 'name'> {
  return type === 'procedure' ? { object: 'other', name: `procedure ${name}` } : { object: type, name };
}

/** Which name each renamed table had at first, by the name that it has at last. */
function originsOf(renamings: Renamings): ReadonlyMap<string, string> {
  const origins = new Map<string, string>();
  for (const [from, to] of renamings) {
    const origin = origins.get(from) ?? from;
    origins.delete(from);
    origins.set(to, origin);
  }
  return origins;
}

function byKindAndName(a: SchemaChange, b: SchemaChange): number {
  const [one, other] = [JSON.stringify([a.object, a.name]), JSON.stringify([b.object, b.name])];
  return one < other ? -1 : one > other ? 1 : 0;
}
