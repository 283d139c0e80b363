import { DIALECTS } from '@countersign/sql';
import type { Catalog, Dialect } from '@countersign/sql';
import { readCatalog } from './case-catalog.ts';
import { UNSAID } from './case-text.ts';
import { flag, oneOf, readDialect, readFacts } from './case-facts.ts';
import type { Item, Leaf, Mapping } from './document.ts';
import { PolicyError } from './error.ts';
import type { Place } from './error.ts';
import type {
  PolicyBudget,
  PolicyDiff,
  PolicyIdentity,
  PolicyTableDiff,
  PolicyTarget,
  PolicyTime,
} from './input.ts';
import { closedMap, leaf, list, openMap, requiredEntry, text, wholeNumber } from './shape.ts';
import type { GivenFacts, GivenSubmission } from './test-case.ts';
import { parseUtc, utcTime } from './time-text.ts';

const KEYS = [
  'sql',
  'dialect',
  'facts',
  'relations',
  'triggers',
  'identity',
  'target',
  'time',
  'reason',
  'context',
  'budget',
  'break_glass',
  'diff',
];
const SQL_LENGTH_MAX = 100_000;
const LIST_MAX = 100;
const ROWS_MAX = 1_000_000_000;
const KINDS = ['human', 'service', 'agent'] as const;

/**
 * Reads `given` of a case; what it leaves out is taken from `common`, the file's own `given`.
 * @throws PolicyError with the place
 */
export function readGiven(item: Item, common: Mapping['entries']): GivenSubmission {
  const own = closedMap(item, KEYS);
  const entries = new Map([...inherited(common, own), ...own]);
  const dialect = dialectOf(entries);
  const database = readCatalog(entries.get('relations')?.value, entries.get('triggers')?.value, dialect);
  const source = readSource(entries, dialect, database?.catalog, item.place);
  const context = entries.get('context');
  return {
    source,
    identity: readIdentity(entries.get('identity')?.value),
    target: readTarget(entries.get('target')?.value, dialect),
    relations: database?.relations,
    budget: readBudget(entries.get('budget')?.value),
    diff: readDiff(entries.get('diff')?.value),
    time: readTime(entries.get('time')?.value),
    reason: readReason(entries.get('reason')?.value),
    context: context === undefined ? [] : readContext(context.value),
    breakGlass: flag(entries, 'break_glass', false) ? true : undefined,
  };
}

/** Reads the `given` of a whole file, which cases fill up. */
export function readCommon(item: Item | undefined): Mapping['entries'] {
  return item === undefined ? new Map() : closedMap(item, KEYS);
}

/** A case that brings facts does not inherit SQL, and the other way round. */
function inherited(common: Mapping['entries'], own: Mapping['entries']): Mapping['entries'] {
  const left = new Map(common);
  if (own.has('facts')) for (const key of ['sql', 'dialect']) left.delete(key);
  if (own.has('sql')) left.delete('facts');
  return left;
}

/** The dialect of the SQL or of the facts. */
function dialectOf(entries: Mapping['entries']): Dialect {
  const facts = entries.get('facts');
  const dialect = entries.get('dialect');
  if (facts !== undefined && dialect !== undefined)
    throw new PolicyError('policy/test-given', 'dialect beside facts, expected it inside', dialect.key);
  if (facts !== undefined) return readFacts(facts.value).dialect;
  return dialect === undefined ? 'sqlite' : readDialect(dialect.value);
}

function readSource(
  entries: Mapping['entries'],
  dialect: Dialect,
  catalog: Catalog | undefined,
  place: Place,
): GivenFacts {
  const facts = entries.get('facts');
  const sql = entries.get('sql');
  if (facts !== undefined && sql === undefined) return { type: 'facts', facts: readFacts(facts.value) };
  if (sql !== undefined && facts === undefined)
    return { type: 'sql', texts: readTexts(sql.value), dialect, catalog };
  const what = sql === undefined ? 'neither sql nor facts' : 'sql and facts';
  throw new PolicyError('policy/test-given', `${what}, expected one`, place);
}

function readTexts(item: Item): readonly string[] {
  if (item.type !== 'list') return [sqlText(leaf(item))];
  if (item.items.length === 0 || item.items.length > LIST_MAX)
    throw new PolicyError('policy/type', `expected 1 to ${LIST_MAX} texts`, item.place);
  return item.items.map((one) => sqlText(leaf(one)));
}

/** SQL as it stands: white space and line ends may be the point of a case. */
function sqlText({ value, place }: Leaf): string {
  if (typeof value !== 'string' || value.length > SQL_LENGTH_MAX)
    throw new PolicyError('policy/type', `expected SQL of at most ${SQL_LENGTH_MAX} characters`, place);
  return value;
}

function readIdentity(item: Item | undefined): PolicyIdentity {
  const entries = item === undefined ? new Map<string, never>() : closedMap(item, ['id', 'kind', 'roles']);
  const kind = entries.get('kind');
  return {
    id: textOr(entries, 'id', UNSAID.identity.id),
    kind: kind === undefined ? UNSAID.identity.kind : oneOf(kind.value, KINDS),
    roles: texts(entries, 'roles', 64),
  };
}

function readTarget(item: Item | undefined, engine: string): PolicyTarget {
  const entries = item === undefined ? new Map<string, never>() : closedMap(item, ['name', 'engine', 'tags']);
  const named = entries.get('engine');
  return {
    name: textOr(entries, 'name', UNSAID.targetName),
    engine: named === undefined ? engine : oneOf(named.value, DIALECTS),
    tags: texts(entries, 'tags', 64),
  };
}

function textOr(entries: Mapping['entries'], key: string, otherwise: string): string {
  const item = entries.get(key)?.value;
  return item === undefined ? otherwise : text(item, 256);
}

function texts(entries: Mapping['entries'], key: string, lengthMax: number): readonly string[] {
  const item = entries.get(key)?.value;
  if (item === undefined) return [];
  const items = list(item);
  if (items.length > LIST_MAX)
    throw new PolicyError('policy/too-large', `more than ${LIST_MAX} texts`, item.place);
  return items.map((one) => text(one, lengthMax));
}

function readTime(item: Item | undefined): PolicyTime {
  const value = item === undefined ? UNSAID.time : leaf(item).value;
  const unix = typeof value === 'string' ? parseUtc(value) : undefined;
  if (unix === undefined)
    throw new PolicyError('policy/test-time', `expected a time in UTC such as ${UNSAID.time}`, item?.place);
  return utcTime(unix);
}

/** An empty reason is worth testing; obligations count its characters. */
function readReason(item: Item | undefined): string {
  if (item === undefined) return UNSAID.reason;
  const { value } = leaf(item);
  if (typeof value !== 'string' || value.length > 4096)
    throw new PolicyError('policy/type', 'expected text of at most 4096 characters', item.place);
  return value;
}

function readContext(item: Item): readonly (readonly [string, string])[] {
  const entries = [...openMap(item)];
  if (entries.length > 32) throw new PolicyError('policy/too-large', 'more than 32 of context', item.place);
  return entries
    .map(([name, { value }]) => [name, text(value, 1024)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What the identity has used, this submission included; of the day at least what is of the hour. */
function readBudget(item: Item | undefined): PolicyBudget | undefined {
  if (item === undefined) return undefined;
  const entries = closedMap(item, ['requests_hour', 'requests_day', 'rows_hour', 'rows_day']);
  const count = (key: string, least: number): number => {
    const value = entries.get(key)?.value;
    return value === undefined ? least : wholeNumber(value, least, ROWS_MAX);
  };
  const [requestsHour, rowsHour] = [count('requests_hour', 1), count('rows_hour', 0)];
  return {
    requestsHour,
    rowsHour,
    requestsDay: count('requests_day', requestsHour),
    rowsDay: count('rows_day', rowsHour),
  };
}

/** What a dry run showed; `diff: {}` is the empty one, and without `diff` there was none yet. */
function readDiff(item: Item | undefined): PolicyDiff | undefined {
  if (item === undefined) return undefined;
  const entries = closedMap(item, ['changes', 'complete', 'not_previewed', 'schema_changes']);
  const changes = entries.get('changes');
  const tables = changes === undefined ? [] : list(changes.value).map(readChange);
  return {
    rows: tables.reduce((sum, table) => sum + table.inserted + table.updated + table.deleted, 0),
    tables,
    complete: flag(entries, 'complete', true),
    notPreviewed: texts(entries, 'not_previewed', 500),
    schemaChanges: texts(entries, 'schema_changes', 500),
  };
}

function readChange(item: Item): PolicyTableDiff {
  const entries = closedMap(item, ['table', 'inserted', 'updated', 'deleted']);
  const count = (key: string): number => {
    const value = entries.get(key)?.value;
    return value === undefined ? 0 : wholeNumber(value, 0, ROWS_MAX);
  };
  return {
    table: text(requiredEntry(entries, 'table', item.place), 256),
    inserted: count('inserted'),
    updated: count('updated'),
    deleted: count('deleted'),
  };
}
