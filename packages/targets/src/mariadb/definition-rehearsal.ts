import type { StoredProgram } from '@countersign/sql';
import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import { textOf } from './catalog.ts';
import type { Definition } from './definition.ts';
import { algorithms, heedsAlgorithm, pinAlgorithm } from './definition-session.ts';
import type { Algorithm } from './definition-session.ts';
import { engineError } from './engine-error.ts';
import type { SchemaCopy } from './schema-copy.ts';
import { readObjects } from './schema-objects.ts';
import type { SchemaObject } from './schema-objects.ts';
import { errorNumber } from './session.ts';
import type { MariadbSession } from './session.ts';
import { refused } from './shadow-folder.ts';
import { placeOf } from './table-shapes.ts';
import { quoteAccount, quoteName } from './values.ts';

/** A column as the engine describes it. */
export interface ColumnType {
  readonly name: string;
  /** Type, character set and whether it may be NULL. */
  readonly type: string;
}

/** What a definition did to the copy. */
export interface Rehearsed {
  readonly objects: readonly SchemaObject[];
  /** The cheapest way that the engine takes to alter the table; undefined where there is none to choose, or the text says it. */
  readonly algorithm: Algorithm | undefined;
  /** Columns of the altered table, before and after. */
  readonly columns: readonly [before: readonly ColumnType[], after: readonly ColumnType[]];
}

/** Runs the definition on the copy. @param account the account of the run, as the engine quotes it */
export async function rehearseDefinition(
  { session, kind, missing }: SchemaCopy,
  definition: Definition,
  account: string,
): Promise<Rehearsed> {
  const { facts, form, shapes } = definition;
  const { program } = form;
  requireSeen(program, missing);
  requireThere([...facts.writes, ...(program?.kind === 'function' ? [program.name] : [])], missing);
  const before = await readObjects(session);
  const table = facts.kind === 'alter-table' ? shapes[0]?.name : undefined;
  const old = await readColumns(session, table);
  const isAsked = !form.saysHow && form.partitions === undefined && heedsAlgorithm(kind);
  const chooses = isAsked && /^(?:alter-table|create-index|drop-index)$/.test(facts.kind);
  const algorithm = await perform(session, definition.sql, chooses ? algorithms : [undefined]);
  const now = await readColumns(session, form.tableNames.at(-1)?.[1] ?? table);
  const objects = await underAccount(session, await readObjects(session), before, account);
  requireNamed(definition, before, objects);
  await requireKept(session, before, objects);
  return { objects: [...objects, ...missing], algorithm, columns: [old, now] };
}

/** @throws TargetError `target/shadow` for a definition of a view that the copy lacks, or of what such a view names */
function requireThere(writes: readonly string[], missing: readonly SchemaObject[]): void {
  const names = writes.map((one) => placeOf(one)[1]);
  const lacking = missing.find(
    (view) =>
      view.type === 'view' &&
      names.some(
        (name) => view.name === name || view.text.toLowerCase().includes(quoteName(name).toLowerCase()),
      ),
  );
  if (lacking === undefined) return;
  throw refused(
    `cannot make view ${visible(lacking.name)}, which names what is in another database, or a stored function that the copy has not`,
  );
}

/**
 * What is in the place of a routine must be known.
 * @throws TargetError `target/rights`, `target/shadow`
 */
function requireSeen(program: StoredProgram | undefined, missing: readonly SchemaObject[]): void {
  const found = missing.find((one) => program !== undefined && isNamed(program, one));
  if (found === undefined) return;
  const what = `${found.type} ${visible(found.name)}`;
  if (found.text !== '') throw refused(`cannot make ${what} as it is`);
  throw new TargetError(
    'target/rights',
    `account may not see how ${what} is made, expected SELECT on mysql.proc`,
  );
}

/** The server compares names of routines without case; where it takes more for the same, the copy shows another object that changes. */
function isNamed({ kind, name }: StoredProgram, { type, name: other }: SchemaObject): boolean {
  return type === kind && other.toLowerCase() === placeOf(name)[1].toLowerCase();
}

/** Errors that say that the table cannot be altered in this way; nothing was done. */
const notThisWay: readonly number[] = [1845, 1846];

async function perform(
  session: MariadbSession,
  sql: string,
  ways: readonly (Algorithm | undefined)[],
): Promise<Algorithm | undefined> {
  for (const [index, way] of ways.entries()) {
    try {
      await pinAlgorithm(session, way);
      await session.change(sql, []);
      return way;
    } catch (cause) {
      const goesOn = index + 1 < ways.length && notThisWay.includes(errorNumber(cause) ?? 0);
      if (!goesOn) throw engineError(cause, 0);
    }
  }
  return undefined;
}

async function readColumns(session: MariadbSession, table: string | undefined): Promise<ColumnType[]> {
  if (table === undefined) return [];
  const rows = await session.own(
    `SELECT COLUMN_NAME, COLUMN_TYPE, COLLATION_NAME, IS_NULLABLE, EXTRA LIKE '%GENERATED%' FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    placeOf(table),
  );
  return rows.map(([name, type, collation, nullable, computed]) => ({
    name: textOf(name),
    type: [
      textOf(type),
      ...(collation === null ? [] : [textOf(collation)]),
      ...(textOf(nullable) === 'YES' ? [] : ['not null']),
      ...(Number(computed) === 0 ? [] : ['computed']),
    ].join(' '),
  }));
}

/**
 * What was made there belongs to the one account of the copy; on the target it will belong to the account of the run. Behind the head
 * of a text stands what anybody wrote.
 */
async function underAccount(
  session: MariadbSession,
  objects: readonly SchemaObject[],
  before: readonly SchemaObject[],
  account: string,
): Promise<SchemaObject[]> {
  const nobody = '``@``';
  const found = await quotedAccount(session);
  const own = `DEFINER=${found === nobody ? '``' : found} `;
  return objects.map((one) => {
    const [head = ''] = /^CREATE (?:ALGORITHM=[A-Z]+ )?/.exec(one.text) ?? [];
    if (!one.text.startsWith(`${head}${own}`) || before.some((was) => isSame(was, one))) return one;
    return { ...one, text: `${head}DEFINER=${account} ${one.text.slice(head.length + own.length)}` };
  });
}

function isSame(one: SchemaObject, other: SchemaObject): boolean {
  return one.type === other.type && one.name === other.name && one.text === other.text;
}

/**
 * A program's body is not read, so that the copy has to show that nothing but the program itself is another; views of a function are
 * written out otherwise when it goes.
 * @throws TargetError `statement/unknown-effect`
 */
function requireNamed(
  { form: { program } }: Definition,
  before: readonly SchemaObject[],
  after: readonly SchemaObject[],
): void {
  if (program === undefined) return;
  const isOther = (one: SchemaObject): boolean =>
    !isNamed(program, one) && !(program.kind === 'function' && one.type === 'view');
  const missingFrom = (
    some: readonly SchemaObject[],
    all: readonly SchemaObject[],
  ): SchemaObject | undefined => some.find((one) => isOther(one) && !all.some((two) => isSame(one, two)));
  const changed = missingFrom(before, after) ?? missingFrom(after, before);
  if (changed === undefined) return;
  const text = `statement changes ${changed.type} ${visible(changed.name)} too, expected nothing but the ${program.kind} that it names`;
  throw new TargetError('statement/unknown-effect', text, { statement: 0 });
}

/** The session's account as SHOW CREATE writes it. */
export async function quotedAccount(session: MariadbSession): Promise<string> {
  const [row] = await session.own('SELECT CURRENT_USER()');
  const [, user = '', host = ''] = /^(.*)@([^@]*)$/s.exec(textOf(row?.[0])) ?? [];
  return quoteAccount(user, host);
}

/** @throws TargetError `statement/not-transactional` for a table that the engine would not take back after a crash */
async function requireKept(
  session: MariadbSession,
  before: readonly SchemaObject[],
  after: readonly SchemaObject[],
): Promise<void> {
  const rows = await session.own(
    `SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE <> 'VIEW' AND ENGINE <> 'InnoDB'`,
  );
  for (const [name, engine] of rows) {
    const now = after.find((one) => one.name === textOf(name) && /^(?:table|sequence)$/.test(one.type));
    if (now !== undefined && before.some((one) => isSame(one, now))) continue;
    throw new TargetError(
      'statement/not-transactional',
      `statement makes ${visible(textOf(name))} a table of ${visible(textOf(engine))}, expected InnoDB`,
      { statement: 0 },
    );
  }
}
