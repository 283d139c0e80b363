import { Environment } from '@marcbachmann/cel-js';
import { allHazards } from '@countersign/sql';
import type { StatementFacts } from '@countersign/sql';
import type { PolicyDiff, PolicyInput } from './input.ts';

import type { TagView } from './tags.ts';

/** One statement, as expressions see it. */
class StatementView {
  readonly kind: string;
  readonly effects: readonly string[];
  readonly writes: readonly string[];
  readonly reads: readonly string[];
  readonly columns_read: readonly string[];
  readonly columns_written: readonly string[];
  readonly where: string;
  readonly limited: boolean;
  readonly functions: readonly string[];
  readonly hazards: readonly string[];
  readonly opaque: boolean;

  constructor(facts: StatementFacts) {
    this.kind = facts.kind;
    this.effects = facts.effects;
    this.writes = facts.writes;
    this.reads = facts.reads;
    this.columns_read = facts.columnsRead;
    this.columns_written = facts.columnsWritten;
    this.where = facts.where;
    this.limited = facts.limited;
    this.functions = facts.functions;
    this.hazards = facts.hazards.map((hazard) => hazard.code);
    this.opaque = facts.opaque;
  }
}

/** What a dry run changed in one table, as expressions see it. */
class TableView {
  readonly table: string;
  readonly inserted: bigint;
  readonly updated: bigint;
  readonly deleted: bigint;
  readonly rows: bigint;

  constructor(change: PolicyDiff['tables'][number]) {
    this.table = change.table;
    this.inserted = BigInt(change.inserted);
    this.updated = BigInt(change.updated);
    this.deleted = BigInt(change.deleted);
    this.rows = this.inserted + this.updated + this.deleted;
  }
}

/** Types that fields of inputs have. */
export type FieldType = 'string' | 'bool' | 'int' | 'list<string>';

type Fields = Readonly<Record<string, FieldType>>;

const STATEMENT = {
  kind: 'string',
  effects: 'list<string>',
  writes: 'list<string>',
  reads: 'list<string>',
  columns_read: 'list<string>',
  columns_written: 'list<string>',
  where: 'string',
  limited: 'bool',
  functions: 'list<string>',
  hazards: 'list<string>',
  opaque: 'bool',
} satisfies Fields;
const FACTS = {
  dialect: 'string',
  parsed: 'bool',
  effect: 'string',
  read_only: 'bool',
  opaque: 'bool',
  statement_count: 'int',
  kinds: 'list<string>',
  effects: 'list<string>',
  writes: 'list<string>',
  reads: 'list<string>',
  columns_read: 'list<string>',
  columns_written: 'list<string>',
  where: 'list<string>',
  functions: 'list<string>',
  hazards: 'list<string>',
} satisfies Fields;
const DIFF = {
  rows: 'int',
  inserted: 'int',
  updated: 'int',
  deleted: 'int',
  complete: 'bool',
  not_previewed: 'list<string>',
  schema_changes: 'list<string>',
} satisfies Fields;

/** What the submitter says of itself, and nobody has checked; read from the context, empty when not said. */
const CLAIMS = {
  on_behalf_of: 'string',
  agent_model: 'string',
  intent: 'string',
  backup: 'string',
  backup_at: 'string',
} satisfies Fields;

const BUDGET = {
  requests_hour: 'int',
  requests_day: 'int',
  rows_hour: 'int',
  rows_day: 'int',
} satisfies Fields;

const TABLE_CHANGE = {
  table: 'string',
  inserted: 'int',
  updated: 'int',
  deleted: 'int',
  rows: 'int',
} satisfies Fields;

/** Inputs that have fields. */
export const INPUT_FIELDS: ReadonlyMap<string, Fields> = new Map<string, Fields>([
  ['facts', FACTS],
  ['identity', { id: 'string', kind: 'string', roles: 'list<string>' }],
  ['target', { name: 'string', engine: 'string', tags: 'list<string>' }],
  ['diff', DIFF],
  ['time', { unix: 'int', hour: 'int', weekday: 'int' }],
  ['claims', CLAIMS],
  ['budget', BUDGET],
  ['request', { break_glass: 'bool' }],
  ['tags', { read: 'list<string>', written: 'list<string>' }],
]);

/** Inputs that are lists, with the fields of what is in them. */
export const ELEMENT_FIELDS: ReadonlyMap<string, Fields> = new Map<string, Fields>([
  ['statements', STATEMENT],
  ['changes', TABLE_CHANGE],
]);

/** Names an expression may use; conditions may not take them. */
export const INPUT_NAMES: ReadonlySet<string> = new Set([
  ...INPUT_FIELDS.keys(),
  ...ELEMENT_FIELDS.keys(),
  'reason',
  'context',
]);

/** The inputs that exist only after a dry run. */
export const DIFF_NAMES: ReadonlySet<string> = new Set(['diff', 'changes']);

/** The input that exists only where the policy knows tags that fit the live schema. */
export const TAG_NAMES: ReadonlySet<string> = new Set(['tags']);

/** A typed environment of the inputs and of `conditions`, each a bool; a name or type it lacks is an error. */
export function environment(conditions: Iterable<string>): Environment {
  const env = new Environment({
    unlistedVariablesAreDyn: false,
    limits: { maxAstNodes: 2000, maxDepth: 64, maxListElements: 500, maxMapEntries: 100 },
  })
    .registerType('Statement', { ctor: StatementView, fields: STATEMENT })
    .registerType('TableChange', { ctor: TableView, fields: TABLE_CHANGE })
    .registerVariable('statements', 'list<Statement>')
    .registerVariable('changes', 'list<TableChange>')
    .registerVariable('reason', 'string')
    .registerVariable('context', 'map<string, string>');
  for (const [name, schema] of INPUT_FIELDS) env.registerVariable({ name, schema });
  for (const condition of conditions) env.registerVariable(condition, 'bool');
  return env;
}

/** The values of every input name; those of the diff and of tags are left out while there are none. */
export function inputValues(
  input: PolicyInput,
  diff: PolicyDiff | undefined,
  tags: TagView,
  targetTags: readonly string[],
): Record<string, unknown> {
  const { facts, identity, target, time } = input;
  const values: Record<string, unknown> = {
    facts: factsValue(input),
    statements: facts.statements.map((statement) => new StatementView(statement)),
    identity: { id: identity.id, kind: identity.kind, roles: [...identity.roles] },
    target: { name: target.name, engine: target.engine, tags: [...new Set([...target.tags, ...targetTags])] },
    time: { unix: BigInt(time.unix), hour: BigInt(time.hour), weekday: BigInt(time.weekday) },
    reason: input.reason,
    context: new Map(input.context),
    claims: claimsValue(input),
    request: { break_glass: input.breakGlass === true },
    ...budgetValue(input),
    ...(tags.type === 'known' ? { tags: { read: [...tags.read], written: [...tags.written] } } : {}),
  };
  if (diff === undefined) return values;
  const sum = (of: 'inserted' | 'updated' | 'deleted'): bigint =>
    diff.tables.reduce((total, table) => total + BigInt(table[of]), 0n);
  return {
    ...values,
    diff: {
      rows: BigInt(diff.rows),
      inserted: sum('inserted'),
      updated: sum('updated'),
      deleted: sum('deleted'),
      complete: diff.complete,
      not_previewed: [...diff.notPreviewed],
      schema_changes: [...diff.schemaChanges],
    },
    changes: diff.tables.map((table) => new TableView(table)),
  };
}

function budgetValue({ budget }: PolicyInput): Record<string, unknown> {
  if (budget === undefined) return {};
  const { requestsHour, requestsDay, rowsHour, rowsDay } = budget;
  return {
    budget: {
      requests_hour: BigInt(requestsHour),
      requests_day: BigInt(requestsDay),
      rows_hour: BigInt(rowsHour),
      rows_day: BigInt(rowsDay),
    },
  };
}

function claimsValue({ context }: PolicyInput): Record<string, string> {
  const said = new Map(context);
  return Object.fromEntries(Object.keys(CLAIMS).map((name) => [name, said.get(name) ?? '']));
}

function factsValue({ facts }: PolicyInput): Record<string, unknown> {
  const [first, second] = facts.statements;
  const all = (of: (statement: StatementFacts) => readonly string[]): readonly string[] =>
    distinct(first !== undefined && second === undefined ? of(first) : facts.statements.flatMap(of));
  return {
    dialect: facts.dialect,
    parsed: facts.parsed,
    effect: facts.effect,
    read_only: facts.readOnly,
    opaque: facts.statements.some((statement) => statement.opaque),
    statement_count: BigInt(facts.statements.length),
    kinds: all((statement) => [statement.kind]),
    effects: all((statement) => statement.effects),
    writes: all((statement) => statement.writes),
    reads: all((statement) => statement.reads),
    columns_read: all((statement) => statement.columnsRead),
    columns_written: all((statement) => statement.columnsWritten),
    where: all((statement) => [statement.where]),
    functions: all((statement) => statement.functions),
    hazards: [...allHazards(facts)],
  };
}

/** The names in ascending order, each once. */
function distinct(names: readonly string[]): readonly string[] {
  return names.length < 2 ? names : [...new Set(names)].sort();
}
