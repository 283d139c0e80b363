import { TargetError } from '../target-error.ts';
import type { DryRunLimits } from '../target.ts';
import { visible } from '../visible-text.ts';
import { textOf } from './catalog.ts';
import { pinDefiner } from './definition-session.ts';
import { routinesTable } from './routines-table.ts';
import { fingerprint, readObjects } from './schema-objects.ts';
import type { Maker, SchemaObject } from './schema-objects.ts';
import { errorNumber, MariadbSession } from './session.ts';
import { pinnedMode, readKind } from './settings.ts';
import type { ServerKind } from './settings.ts';
import { refused } from './shadow-folder.ts';
import { ShadowServer } from './shadow-server.ts';
import { Slots } from './slots.ts';
import { quoteName, quoteText } from './values.ts';

/** What a definition stands on, as the target's server has it. */
export interface Original {
  readonly database: string;
  readonly collation: string;
  readonly kind: ServerKind;
  readonly objects: readonly SchemaObject[];
  /** Settings of the server that shape what a definition makes, by the names of its options. */
  readonly settings: ReadonlyMap<string, string>;
}

/** Settings that a session does not pin, and which decide what a definition makes or whether it is refused. */
const settingNames: readonly string[] = [
  'lower_case_table_names', 'character_set_server', 'collation_server', 'explicit_defaults_for_timestamp', 'innodb_page_size',
  'innodb_default_row_format', 'innodb_file_per_table', 'innodb_compression_algorithm', 'innodb_instant_alter_column_allowed', 'old_mode',
]; // prettier-ignore

export async function readOriginal(session: MariadbSession): Promise<Original> {
  const [row] = await session.own(
    'SELECT DATABASE(), DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE()',
  );
  const list = settingNames.map(quoteText).join(', ');
  const found = await session.own(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${list})`);
  const settings = new Map(
    found.flatMap(([name, value]): [string, string][] => {
      const text = textOf(value);
      return text === '' ? [] : [[textOf(name).replaceAll('_', '-'), text]];
    }),
  );
  return {
    database: textOf(row?.[0]),
    collation: textOf(row?.[1]),
    kind: await readKind(session),
    objects: await readObjects(session),
    settings,
  };
}

/** A copy of a schema, without rows, on a server of its own. */
export interface SchemaCopy {
  /** In the copy of the database, pinned as the session of a run is. */
  readonly session: MariadbSession;
  readonly kind: ServerKind;
  /** Views that could not be made there, since they name what it has not, and routines whose text is hidden or cannot be sent. */
  readonly missing: readonly SchemaObject[];
}

/** Each is a server, that takes memory and a good part of a core. */
const copies = new Slots(2);

/**
 * Makes a copy, does something with it, and removes it. At most two are there at once; the wait for one is within the limit of time.
 * @throws TargetError `target/shadow`, `target/shadow-version`, `target/busy`
 */
export function withCopy<T>(
  program: string,
  original: Original,
  limits: DryRunLimits,
  work: (copy: SchemaCopy) => Promise<T>,
): Promise<T> {
  return copies.use(limits.timeoutMs, () => makeCopy(program, original, limits, work));
}

async function makeCopy<T>(
  program: string,
  original: Original,
  limits: DryRunLimits,
  work: (copy: SchemaCopy) => Promise<T>,
): Promise<T> {
  const server = await ShadowServer.start(program, original.settings);
  try {
    const bare = new MariadbSession(server.account(''));
    try {
      requireSameSeries(await readKind(bare), original.kind);
      await bare.own('CREATE DATABASE mysql');
      await bare.own(routinesTable);
      await bare.own(
        `CREATE DATABASE ${quoteName(original.database)} COLLATE ${quoteText(original.collation)}`,
      );
    } finally {
      await bare.end();
    }
    const session = new MariadbSession(server.account(original.database));
    try {
      const kind = await readKind(session);
      await pinDefiner(session, kind, limits);
      const missing = await makeAll(session, original);
      return await work({ session, kind, missing });
    } finally {
      await session.end();
    }
  } finally {
    await server.stop();
  }
}

function requireSameSeries(shadow: ServerKind, real: ServerKind): void {
  const series = ({ version }: ServerKind): string => /^[0-9]+\.[0-9]+/.exec(version)?.[0] ?? version;
  if (shadow.engine === real.engine && series(shadow) === series(real)) return;
  const text = `server for trying definitions is ${visible(shadow.version)}, expected the series of the target's, ${visible(real.version)}`;
  throw new TargetError('target/shadow-version', text);
}

const order: readonly SchemaObject['type'][] = [
  'sequence',
  'table',
  'function',
  'procedure',
  'view',
  'trigger',
];

/** Where they are made, and the collation that the database has. */
interface Site {
  readonly session: MariadbSession;
  readonly collation: string;
}

/** What a definition stands on whether or not it is there: the text of none depends on that of a table. */
const mayLack: ReadonlySet<SchemaObject['type']> = new Set(['function', 'procedure', 'view']);

/** Makes the objects anew, and proves that the copy is one; returns the views and routines that could not be made. */
async function makeAll(
  session: MariadbSession,
  { objects, collation }: Original,
): Promise<readonly SchemaObject[]> {
  const site: Site = { session, collation };
  // Tables may refer to one another in a circle.
  await session.own('SET SESSION foreign_key_checks = 0');
  const missing: SchemaObject[] = [];
  for (const type of order) {
    const some = objects.filter((one) => one.type === type);
    if (mayLack.has(type)) missing.push(...(await makeSome(site, some)));
    else for (const one of some) await make(site, one);
  }
  await session.own(`SET SESSION foreign_key_checks = 1, sql_mode = '${pinnedMode}'`);
  await session.own('SET NAMES utf8mb4 COLLATE utf8mb4_bin');
  const copied = objects.filter((one) => !missing.includes(one));
  requireSame(copied, await readObjects(session));
  return missing;
}

/** Views may name views: as long as one more can be made, the rest is tried again. */
async function makeSome(site: Site, objects: readonly SchemaObject[]): Promise<SchemaObject[]> {
  for (let left = [...objects]; ;) {
    const still: SchemaObject[] = [];
    for (const one of left) if (!(await canMake(site, one))) still.push(one);
    if (still.length === 0 || still.length === left.length) return still;
    left = still;
  }
}

async function canMake(site: Site, one: SchemaObject): Promise<boolean> {
  if (one.text === '') return false;
  try {
    await make(site, one);
    return true;
  } catch (cause) {
    if (cause instanceof TargetError && cause.code === 'target/shadow') return false;
    throw cause;
  }
}

/** It would lie there on this machine too, beside the real one or in its place. */
const elsewhere = /\b(?:DATA|INDEX) DIRECTORY\b/i;

/** Character sets of clients in whose texts ASCII is ASCII. */
const names = /^[a-z0-9_]+$/;

async function make({ session, collation }: Site, { type, name, text, maker }: SchemaObject): Promise<void> {
  if (elsewhere.test(text)) throw refused(`makes no table in a folder of its own, as ${visible(name)} is`);
  try {
    if (maker !== null) await become(session, maker, text);
    const other = maker?.database ?? collation;
    if (other !== collation) await collate(session, other);
    try {
      await session.change(text, []);
    } finally {
      // Also when it cannot be made: what follows is tried in a database like the target's.
      if (other !== collation) await collate(session, collation);
    }
  } catch (cause) {
    const number = errorNumber(cause);
    if (number === undefined) throw cause;
    throw refused(`cannot make ${type} ${visible(name)}: error ${number}`, cause);
  }
}

/** A program keeps the collation that its database had, which may be another by now. */
async function collate(session: MariadbSession, collation: string): Promise<void> {
  if (!names.test(collation)) throw refused(`knows no collation ${visible(collation)}`);
  await session.own(`ALTER DATABASE COLLATE ${collation}`);
}

/** Sets what a text means. The driver sends UTF-8, which is the same in another character set where it is all ASCII. */
async function become(
  session: MariadbSession,
  { client, collation, mode }: Maker,
  text: string,
): Promise<void> {
  const plain = /^[\0-\x7f]*$/.test(text) || /^utf8(?:mb[34])?$/.test(client);
  if (!plain || !names.test(client) || !names.test(collation)) {
    throw refused(`cannot make an object whose text is in ${visible(client)}`);
  }
  const modes = mode === null ? pinnedMode : mode;
  await session.own(
    `SET SESSION character_set_client = ${client}, collation_connection = ${collation}, sql_mode = ${quoteText(modes)}`,
  );
}

function requireSame(real: readonly SchemaObject[], copy: readonly SchemaObject[]): void {
  if (Buffer.compare(fingerprint(real), fingerprint(copy)) === 0) return;
  const differing = real.find(
    (one) =>
      !copy.some(({ type, name, text }) => type === one.type && name === one.name && text === one.text),
  );
  const what =
    differing === undefined
      ? 'more or less than there is'
      : `${differing.type} ${visible(differing.name)} otherwise`;
  throw refused(`makes ${what}, so what it would show is not what the target does`);
}
