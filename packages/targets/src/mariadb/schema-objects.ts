import { createHash } from 'node:crypto';
import type { Hash } from '@countersign/diff';
import { qualified } from '@countersign/sql';
import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import { textOf } from './catalog.ts';
import { errorNumber } from './session.ts';
import type { MariadbSession } from './session.ts';
import { quoteName } from './values.ts';

/** One object of a database, as the engine itself would make it again. */
export interface SchemaObject {
  readonly type: 'sequence' | 'table' | 'view' | 'trigger' | 'procedure' | 'function';
  /** Without the database. */
  readonly name: string;
  /** The statement that makes it, without the counter of a table; empty for a routine whose text the account may not see. */
  readonly text: string;
  /** The session that made it: what its texts mean. Null for tables and sequences, whose texts mean the same in any. */
  readonly maker: Maker | null;
  /** What the statement does not say, in words; empty when it says all. */
  readonly remark: string;
}

/** A session's character set and collation; its modes and the collation of the database then, where they are kept. */
export interface Maker {
  readonly client: string;
  readonly collation: string;
  readonly mode: string | null;
  readonly database: string | null;
}

const tablesText = `SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT LIKE '\\\\_countersign\\\\_%' ORDER BY 1`;
/** In the order in which they run, which is that in which they were made. */
const triggersText = `SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, EVENT_MANIPULATION, ACTION_TIMING FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()
  AND EVENT_OBJECT_TABLE NOT LIKE '\\\\_countersign\\\\_%' ORDER BY EVENT_OBJECT_TABLE, EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER`;

const routinesText = `SELECT ROUTINE_NAME, ROUTINE_TYPE, SECURITY_TYPE, DEFINER, CAST(LAST_ALTERED AS CHAR) FROM information_schema.ROUTINES
  WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_TYPE IN ('PROCEDURE', 'FUNCTION') ORDER BY 1, 2`;

/**
 * Reads the tables, sequences, views, triggers, procedures and functions of the session's database, our own left out.
 * @throws TargetError `target/rights` for one that the account may not see in full, `target/busy` for one that goes meanwhile
 */
export async function readObjects(session: MariadbSession): Promise<SchemaObject[]> {
  await session.own('SET SESSION sql_quote_show_create = 1');
  const objects: SchemaObject[] = [];
  for (const [name, type] of await session.own(tablesText)) {
    objects.push(await readRelation(session, textOf(name), textOf(type)));
  }
  return [...objects, ...(await readRoutines(session)), ...(await readTriggers(session))];
}

/** Of a routine whose text the account may not see, its age stands for the text. */
async function readRoutines(session: MariadbSession): Promise<SchemaObject[]> {
  const objects: SchemaObject[] = [];
  for (const row of await session.own(routinesText)) {
    const [name = '', word, security = '', definer = '', altered = ''] = row.map(textOf);
    const type = word === 'PROCEDURE' ? 'procedure' : 'function';
    const [, mode, text, client, collation, database] = await showRoutine(session, type, name);
    const hidden = text === null ? `, its text hidden; of ${definer}, last changed ${altered}` : '';
    const remark = `SQL SECURITY ${security}${hidden}`;
    objects.push({
      type,
      name,
      text: textOf(text),
      maker: makerOf(client, collation, mode, database),
      remark,
    });
  }
  return objects;
}

async function showRoutine(session: MariadbSession, type: string, name: string): Promise<readonly unknown[]> {
  try {
    const [row] = await session.anew(`SHOW CREATE ${type.toUpperCase()} ${quoteName(name)}`);
    if (row !== undefined) return row;
  } catch (cause) {
    if (errorNumber(cause) !== 1305) throw cause;
    throw schemaMoved(cause);
  }
  throw schemaMoved();
}

async function readTriggers(session: MariadbSession): Promise<SchemaObject[]> {
  const objects: SchemaObject[] = [];
  let last = { moment: '', name: '' };
  for (const [column, ...when] of await session.own(triggersText)) {
    const [name, moment] = [textOf(column), JSON.stringify(when.map(textOf))];
    const [, mode, text, client, collation, database] = await show(session, 'TRIGGER', name);
    const maker = makerOf(client, collation, mode, database);
    // FOLLOWS and PRECEDES are not kept in the text.
    const remark = last.moment === moment ? `runs after trigger ${quoteName(last.name)}` : '';
    objects.push({ type: 'trigger', name, text: textOf(text), maker, remark });
    last = { moment, name };
  }
  return objects;
}

function makerOf(client: unknown, collation: unknown, mode: unknown, database: unknown): Maker {
  return {
    client: textOf(client),
    collation: textOf(collation),
    mode: textOf(mode),
    database: textOf(database),
  };
}

async function readRelation(session: MariadbSession, name: string, type: string): Promise<SchemaObject> {
  if (type === 'VIEW') {
    const [, text, client, collation] = await show(session, 'VIEW', name);
    const maker = { client: textOf(client), collation: textOf(collation), mode: null, database: null };
    return { type: 'view', name, text: textOf(text), maker, remark: '' };
  }
  const [kind, word] =
    type === 'SEQUENCE' ? (['sequence', 'SEQUENCE'] as const) : (['table', 'TABLE'] as const);
  const [, text] = await show(session, word, name);
  return { type: kind, name, text: withoutCounter(textOf(text)), maker: null, remark: '' };
}

/** It moves with every row. No other line of such a text begins like this one: the engine writes line breaks inside quotes as `\n`. */
function withoutCounter(text: string): string {
  return text.replace(/^(\) ENGINE=\S+) AUTO_INCREMENT=[0-9]+/m, '$1');
}

/** Errors of SHOW CREATE that say that the account may not. */
const hidden: readonly number[] = [1044, 1142, 1143, 1227];
/** And that there is no such object any more. */
const gone: readonly number[] = [1146, 1360, 4091];

async function show(session: MariadbSession, word: string, name: string): Promise<readonly unknown[]> {
  try {
    const [row] = await session.anew(`SHOW CREATE ${word} ${quoteName(name)}`);
    if (row !== undefined && row[word === 'TRIGGER' ? 2 : 1] !== null) return row;
  } catch (cause) {
    const number = errorNumber(cause) ?? 0;
    if (gone.includes(number)) throw schemaMoved(cause);
    if (!hidden.includes(number)) throw cause;
  }
  throw new TargetError(
    'target/rights',
    `account may not see how ${word.toLowerCase()} ${visible(name)} is made, expected SELECT, SHOW VIEW and TRIGGER on its database`,
  );
}

/** Another session changes the schema while it is read; nothing is written, and it may be tried again. */
export function schemaMoved(cause?: unknown): TargetError {
  return new TargetError('target/busy', 'another session changes the schema meanwhile', { cause });
}

/** What approvers read of an object. */
export function shownText({ text, maker, remark }: SchemaObject): string {
  const more = remark === '' ? '' : `\n-- ${remark}`;
  if (maker === null) return `${text}${more}`;
  const mode = maker.mode === null ? '' : `, sql_mode ${maker.mode === '' ? 'empty' : maker.mode}`;
  const database = maker.database === null ? '' : `, in a database of ${maker.database}`;
  return `${text}${more}\n-- made in ${maker.client}, ${maker.collation}${mode}${database}`;
}

/** SHA-256 over all objects, whatever their order but that of triggers. */
export function fingerprint(objects: readonly SchemaObject[]): Hash {
  const line = ({ type, name, text, maker, remark }: SchemaObject): string => {
    const made = maker === null ? null : [maker.client, maker.collation, maker.mode, maker.database];
    return JSON.stringify([type, name, text, made, remark]);
  };
  const triggers = objects.filter(({ type }) => type === 'trigger').map(line);
  const others = objects.filter(({ type }) => type !== 'trigger').map(line);
  const sum = createHash('sha256').update('countersign mariadb objects 2\n');
  for (const one of [...others.toSorted(), ...triggers]) sum.update(`${one}\n`);
  return new Uint8Array(sum.digest());
}

/** The name as facts and diffs have it. */
export function fullName(database: string, { name }: Pick<SchemaObject, 'name'>): string {
  return qualified(database, name);
}
