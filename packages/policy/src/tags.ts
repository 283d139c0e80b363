import type { Facts, StatementFacts } from '@countersign/sql';
import type { Item } from './document.ts';
import { PolicyError } from './error.ts';
import type { PolicyRelation } from './input.ts';
import { closedMap, leaf, list, openMap, shown, text } from './shape.ts';

const TAG = /^[a-z0-9._:-]{1,64}$/;
const PART = '(?:[^."\\s]+|"[^"]+")';
const SCHEMA = new RegExp(`^${PART}$`);
const TABLE = new RegExp(`^${PART}\\.${PART}$`);
const COLUMN = new RegExp(`^${PART}\\.${PART}\\.${PART}$`);
const TAGS_MAX = 32;
const ENTRIES_MAX = 10_000;

/** Tags of one target, by the names that facts use. */
export interface TargetTags {
  /** Whether every table has an entry. */
  readonly complete: boolean;
  readonly target: readonly string[];
  readonly schemas: ReadonlyMap<string, readonly string[]>;
  readonly tables: ReadonlyMap<string, readonly string[]>;
  readonly columns: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads `tags:` of the files: for each target the tags of itself, its schemas, tables and columns.
 * @throws PolicyError `policy/tag`, `policy/duplicate-name`, `policy/too-large` and those of the shape
 */
export function readTags(items: readonly Item[]): ReadonlyMap<string, TargetTags> {
  const found = new Map<string, TargetTags>();
  for (const [target, { key, value }] of items.flatMap((item) => [...openMap(item)])) {
    if (found.has(target))
      throw new PolicyError('policy/duplicate-name', `tags of target ${shown(target)} stand twice`, key);
    found.set(target, readTarget(value));
  }
  return found;
}

function readTarget(item: Item): TargetTags {
  const entries = closedMap(item, ['complete', 'target', 'schemas', 'tables', 'columns']);
  const complete = entries.get('complete');
  if (complete !== undefined && typeof leaf(complete.value).value !== 'boolean')
    throw new PolicyError('policy/type', 'expected complete: true or false', complete.value.place);
  const own = entries.get('target');
  return {
    complete: complete !== undefined && leaf(complete.value).value === true,
    target: own === undefined ? [] : readList(own.value),
    schemas: readMap(entries.get('schemas')?.value, SCHEMA),
    tables: readMap(entries.get('tables')?.value, TABLE),
    columns: readMap(entries.get('columns')?.value, COLUMN),
  };
}

function readMap(item: Item | undefined, shape: RegExp): ReadonlyMap<string, readonly string[]> {
  const entries = item === undefined ? [] : [...openMap(item)];
  if (entries.length > ENTRIES_MAX)
    throw new PolicyError('policy/too-large', `${entries.length} names, at most ${ENTRIES_MAX}`, item?.place);
  return new Map(
    entries.map(([name, { key, value }]) => {
      if (!shape.test(name))
        throw new PolicyError('policy/tag', `${shown(name)} is no name for a tag here`, key);
      return [name, readList(value)];
    }),
  );
}

/** An empty list says that there is no tag, and that somebody looked. */
function readList(item: Item): readonly string[] {
  const items = list(item);
  if (items.length > TAGS_MAX)
    throw new PolicyError('policy/too-large', `${items.length} tags, at most ${TAGS_MAX}`, item.place);
  return items.map((one) => {
    const tag = text(one, 64);
    if (!TAG.test(tag))
      throw new PolicyError('policy/tag', `${shown(tag)} is no tag (a-z 0-9 . _ : -)`, one.place);
    return tag;
  });
}

type Relations = ReadonlyMap<string, PolicyRelation>;

/** Where tags and the live schema disagree, one line each; docs/spec/policy.md#tags. */
export function checkTags(tags: TargetTags, relations: Relations): readonly string[] {
  const schemas = new Set([...relations.keys()].map(parentOf));
  const columns = new Set([...relations.values()].flatMap((relation) => [...relation.columns]));
  const missing = (kind: string, names: Iterable<string>, there: { has(name: string): boolean }): string[] =>
    [...names].filter((name) => !there.has(name)).map((name) => `${kind} ${name} is tagged and is not there`);
  const untagged = [...relations].filter(([name, { kind }]) => kind !== 'view' && !tags.tables.has(name));
  return [
    ...missing('schema', tags.schemas.keys(), schemas),
    ...missing('table', tags.tables.keys(), relations),
    ...missing('column', tags.columns.keys(), columns),
    ...(tags.complete
      ? untagged.map(([name]) => `table ${name} has no entry, and the tags are said to be complete`)
      : []),
  ];
}

/** Tags of all that a text reads and writes, ascending; or why they are not known. */
export type TagView =
  | { readonly type: 'known'; readonly read: readonly string[]; readonly written: readonly string[] }
  | { readonly type: 'unknown'; readonly fault: string };

/** Returns the tags of what a text touches: those of its columns, of their tables and of their schemas. */
export function tagsOf(
  tags: TargetTags | undefined,
  {
    facts,
    target,
    relations,
  }: {
    readonly facts: Facts;
    readonly target: { readonly name: string };
    readonly relations?: Relations | undefined;
  },
): TagView {
  if (tags === undefined)
    return { type: 'unknown', fault: `the policy has no tags for target ${target.name}` };
  const [first] = relations === undefined ? [] : checkTags(tags, relations);
  if (first !== undefined) return { type: 'unknown', fault: first };
  const unread =
    !facts.parsed || facts.statements.some(({ opaque, effects }) => opaque || effects.includes('unknown'));
  if (unread) return { type: 'unknown', fault: 'the text was not read to its end' };
  return {
    type: 'known',
    read: touched(tags, facts, ({ reads, columnsRead }) => [reads, columnsRead]),
    written: touched(tags, facts, ({ writes, columnsWritten }) => [writes, columnsWritten]),
  };
}

function touched(
  tags: TargetTags,
  facts: Facts,
  of: (statement: StatementFacts) => readonly [tables: readonly string[], columns: readonly string[]],
): readonly string[] {
  const found = facts.statements.flatMap((statement) => {
    const [tables, columns] = of(statement);
    return tables.flatMap((table) => [
      ...(tags.schemas.get(parentOf(table)) ?? []),
      ...(tags.tables.get(table) ?? []),
      ...columnTags(tags, table, columns),
    ]);
  });
  return [...new Set(found)].sort();
}

/** Where the columns of a table are not named one by one (DELETE, `*`, a column of no known table) all of them count. */
function columnTags(tags: TargetTags, table: string, columns: readonly string[]): readonly string[] {
  const own = columns.filter((column) => parentOf(column) === table);
  const every =
    own.length === 0 || own.includes(`${table}.*`) || columns.some((column) => column.startsWith('?.'));
  return [...tags.columns].flatMap(([name, listed]) =>
    parentOf(name) === table && (every || own.includes(name)) ? listed : [],
  );
}

function parentOf(name: string): string {
  const part = /\.(?:[^."]+|"[^"]+")$/.exec(name);
  return part === null ? '' : name.slice(0, part.index);
}
