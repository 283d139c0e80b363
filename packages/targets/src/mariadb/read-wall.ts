import { createConnection } from 'mysql2';
import type { Connection, ConnectionOptions, FieldPacket } from 'mysql2';
import type { Row } from '@countersign/diff';
import { cellSize } from '../cells.ts';
import { requireStatementText } from '../statement-text.ts';
import type { ReadLimits, ResultSet, Statement } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { excessPrivileges } from './read-grants.ts';
import { toCell, toInput } from './values.ts';

/** Where and as whom the read account reaches the server. */
export type ReadAccount = Pick<
  ConnectionOptions,
  'host' | 'port' | 'socketPath' | 'user' | 'password' | 'database'
>;

interface Budget {
  rows: number;
  bytes: number;
}

/** Space, comments that the engine does not run, and brackets before the first word. */
const beforeVerb = /^(?:[\s(]|--[ \t][^\n]*\n|#[^\n]*\n|\/\*(?!M?!)[^*]*\*+(?:[^/*][^*]*\*+)*\/)*/;
const verbs = /^(?:select|with|values|table)\b/i;

/**
 * Runs each statement on a fresh connection of an account that can only read, inside a read-only transaction, and
 * destroys the connection. The account is the wall: such a transaction lets DDL and INTO OUTFILE through.
 * @throws TargetError `target/unreachable`, `target/account-writes`, `statement/…`, `limit/time`
 */
export async function readStatements(
  account: ReadAccount,
  statements: readonly Statement[],
  limits: ReadLimits,
): Promise<readonly ResultSet[]> {
  if (statements.length === 0) throw new TargetError('statement/empty', 'no statement, expected one');
  for (const [index, { sql }] of statements.entries()) requireRead(sql, index);
  const budget = { rows: limits.rowsMax, bytes: limits.bytesMax };
  const results: ResultSet[] = [];
  for (const [index, one] of statements.entries()) {
    results.push(await readOne(account, one, index, limits, budget));
  }
  return results;
}

function requireRead(sql: string, statement: number): void {
  requireStatementText(sql, statement);
  if (verbs.test(sql.replace(beforeVerb, ''))) return;
  throw new TargetError('statement/not-a-read', 'statement begins with no verb of a read', { statement });
}

async function readOne(
  account: ReadAccount,
  { sql, params }: Statement,
  index: number,
  limits: ReadLimits,
  budget: Budget,
): Promise<ResultSet> {
  const values = params.map((cell) => toInput(cell, index));
  const connection = open(account);
  let timer: NodeJS.Timeout | undefined;
  // A destroyed connection tells its commands nothing, so the end of the time is told here.
  const cut = new Promise<never>((_, fail) => {
    const over = new TargetError('limit/time', 'statement ran longer than allowed', { statement: index });
    timer = setTimeout(fail, limits.timeoutMs + 500, over);
    connection.on('error', (cause) => {
      fail(new TargetError('target/session-lost', 'read account lost its session', { cause }));
    });
  });
  try {
    const work = prepareSession(connection, limits).then(() =>
      rowsOf(connection, sql, values, index, budget),
    );
    return await Promise.race([work, cut]);
  } finally {
    clearTimeout(timer);
    await end(account, connection);
  }
}

function open(account: ReadAccount): Connection {
  return createConnection({
    ...account,
    charset: 'utf8mb4_bin',
    timezone: 'Z',
    multipleStatements: false,
    rowsAsArray: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
    flags: ['-LOCAL_FILES'],
  });
}

/** Sends one text of our own by the prepared protocol, and returns its rows. */
function own(connection: Connection, sql: string): Promise<readonly unknown[][]> {
  return new Promise((done, fail) => {
    connection.execute(sql, (cause, rows) => {
      if (cause === null) done(Array.isArray(rows) ? (rows as unknown as unknown[][]) : []);
      else fail(new TargetError('target/unreachable', 'read account cannot open its session', { cause }));
    });
  });
}

async function prepareSession(connection: Connection, limits: ReadLimits): Promise<void> {
  const grants = await own(connection, 'SHOW GRANTS');
  const excess = excessPrivileges(grants.map(([line]) => String(line)));
  if (grants.length === 0 || excess.length > 0) {
    throw new TargetError(
      'target/account-writes',
      'read account may do more than SELECT, expected nothing else',
    );
  }
  const seconds = Math.max(0.001, limits.timeoutMs / 1000);
  await own(
    connection,
    `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', autocommit = 1, max_statement_time = ${seconds}`,
  );
  await own(connection, 'START TRANSACTION READ ONLY');
}

/** The engine's number for a statement that ran into `max_statement_time`. */
const timeIsOver = 1969;

function rowsOf(
  connection: Connection,
  sql: string,
  values: ReturnType<typeof toInput>[],
  statement: number,
  budget: Budget,
): Promise<ResultSet> {
  return new Promise((done, fail) => {
    const rows: Row[] = [];
    let columns: readonly string[] = [];
    let types: readonly (number | undefined)[] = [];
    const command = connection.execute(sql, values);
    command.on('fields', (fields: FieldPacket[] | undefined) => {
      const list = fields ?? [];
      columns = list.map(({ name }) => name);
      types = list.map(({ columnType }) => columnType);
    });
    command.on('result', (one: unknown) => {
      if (!Array.isArray(one)) return;
      try {
        const row = one.map((value, at) => toCell(value, types[at]));
        budget.rows -= 1;
        budget.bytes -= row.reduce((sum, cell) => sum + cellSize(cell), 0);
        if (budget.rows < 0 || budget.bytes < 0) done({ columns, rows, truncated: true });
        else rows.push(row);
      } catch (cause) {
        fail(cause instanceof Error ? cause : new Error('value is not read', { cause }));
      }
    });
    command.on('error', (cause: Error & { errno?: number }) => {
      fail(refusal(cause, statement));
    });
    command.on('end', () => {
      done({ columns, rows, truncated: false });
    });
  });
}

/** The text of the engine may quote a value of a row, so only its number is passed on. */
function refusal(cause: Error & { errno?: number }, statement: number): TargetError {
  switch (cause.errno) {
    case timeIsOver:
      return new TargetError('limit/time', 'statement ran longer than allowed', { statement, cause });
    case undefined:
      return new TargetError('target/session-lost', 'read account lost its session', { statement, cause });
    default: {
      const text = `engine refused the statement with its error ${cause.errno}`;
      return new TargetError('statement/failed', text, { statement, cause });
    }
  }
}

/** Cuts the connection; what may still run in it is killed, which an account may do to its own sessions. */
async function end(account: ReadAccount, connection: Connection): Promise<void> {
  const { threadId } = connection;
  connection.destroy();
  // The driver has no number before the server has answered.
  if (!Number.isInteger(threadId)) return;
  const other = open(account);
  await new Promise<void>((done) => {
    // The session may be gone already: then there is nothing to kill.
    other.query(`KILL CONNECTION ${threadId}`, () => {
      done();
    });
  });
  other.destroy();
}
