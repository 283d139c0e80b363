import type { SchemaObject } from './schema-snapshot.ts';

/** Returns the text of an object for a person: the engine's own where it has one, else its facts line by line. */
export function readableText(object: Pick<SchemaObject, 'type' | 'text'>): string {
  switch (object.type) {
    case 'table':
      return tableText(listOf(object.text));
    case 'sequence':
      return named(['type', 'start', 'increment', 'maximum', 'minimum', 'cache', 'cycle'], object.text);
    case 'type':
      return typeText(listOf(object.text));
    case 'policy':
      return named(['command', 'permissive', 'roles', 'using', 'with check'], object.text);
    case 'operator':
      return named(
        ['function', 'restrict', 'join', 'commutator', 'negator', 'merges', 'hashes'],
        object.text,
      );
    case 'cast':
      return named(['function', 'context', 'method'], object.text);
    case 'event-trigger':
      return named(['event', 'function', 'enabled', 'tags'], object.text);
    default:
      return object.text;
  }
}

const tableKinds: Readonly<Record<string, string>> = {
  r: 'table',
  p: 'partitioned table',
  f: 'foreign table',
  m: 'materialized view',
};

/** The facts of a table in the order in which the snapshot has them, none left out. */
function tableText(facts: readonly unknown[]): string {
  const [kind, persistence, security, forced, options, key, bound, parents, columns] = facts;
  return [
    `${persistence === 'p' ? '' : persistence === 'u' ? 'unlogged ' : 'temporary '}${tableKinds[String(kind)] ?? `kind ${String(kind)}`}`,
    ...listOf(columns).map((column) => columnText(listOf(column))),
    ...given('partition by', key),
    ...given('partition of its parent', bound),
    ...given('inherits', parents),
    ...given('options', options),
    ...(security === true ? ['row security enabled'] : []),
    ...(forced === true ? ['row security forced'] : []),
  ].join('\n');
}

function columnText(facts: readonly unknown[]): string {
  const [name, type, notNull, identity, generated, collation, expression] = facts;
  const identities: Readonly<Record<string, string>> = { a: 'ALWAYS', d: 'BY DEFAULT' };
  const made = identities[String(identity)];
  const value =
    generated === '' ? 'DEFAULT' : generated === 's' ? 'GENERATED STORED' : `GENERATED ${word(generated)}`;
  return [
    `  column ${JSON.stringify(name)} ${word(type)}`,
    ...(collation === '-' || collation === '"default"' || collation === null
      ? []
      : [`COLLATE ${word(collation)}`]),
    ...(notNull === true ? ['NOT NULL'] : []),
    ...(made === undefined ? [] : [`GENERATED ${made} AS IDENTITY`]),
    ...(expression === null ? [] : [`${value} ${word(expression)}`]),
  ].join(' ');
}

const typeKinds: Readonly<Record<string, string>> = { e: 'enum', d: 'domain', r: 'range', c: 'composite' };

function typeText([kind, base, notNull, value, labels, attributes]: readonly unknown[]): string {
  return [
    typeKinds[String(kind)] ?? `kind ${String(kind)}`,
    ...given('over', base === '-' ? null : base),
    ...(notNull === true ? ['not null'] : []),
    ...given('default', value),
    ...given('labels', labels),
    ...listOf(attributes).map((one) => `  attribute ${JSON.stringify(one)}`),
  ].join('\n');
}

function given(title: string, value: unknown): string[] {
  if (value === null || value === undefined) return [];
  return [`${title} ${typeof value === 'string' ? value : JSON.stringify(value)}`];
}

/** One line for each fact, in the order of the list. */
function named(titles: readonly string[], text: string): string {
  return listOf(text)
    .map(
      (value, index) =>
        `${titles[index] ?? `fact ${index}`} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join('\n');
}

/** A list of JSON, whether parsed or not; nothing for null. */
function listOf(value: unknown): readonly unknown[] {
  const list: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  return Array.isArray(list) ? (list as unknown[]) : [];
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
