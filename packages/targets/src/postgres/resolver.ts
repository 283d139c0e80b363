import type { TrustedFunction } from '@countersign/sql';
import type { ServerAccount } from '../server-address.ts';
import type { Statement } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { engineError } from './engine-error.ts';
import { readPlace } from './marker.ts';
import { queryOfRead } from './read-text.ts';
import type { Standing } from './reader.ts';
import { requireRead, resolveQuery } from './resolution.ts';
import type { Resolution } from './resolution.ts';
import { PostgresSession } from './session.ts';
import { pinSession, readSearchPath } from './settings.ts';

/** The search path and place under which the engine resolved every statement to a read. */
export interface Grounds extends Standing {
  /** Of each statement; undefined for SHOW. */
  readonly resolutions: readonly (Resolution | undefined)[];
  /** Names of stored columns asked for so far, by number of table and place. */
  readonly columns: Map<string, string | null>;
}

/** Who has the engine resolve what statements name, and refuses what is no read. */
export interface Resolver {
  /** True when asking again costs nothing as long as nothing has changed. */
  readonly remembers: boolean;
  /** @throws TargetError `target/…`, `statement/…` */
  resolve(statements: readonly Statement[], trusted: readonly TrustedFunction[]): Promise<Grounds>;
}

/** Returns one that asks the engine each time, in a session of the account of `url` that is ended then. */
export function askingResolver(main: ServerAccount): Resolver {
  return { remembers: false, resolve: (statements, trusted) => resolveNow(main, statements, trusted) };
}

/** Opens a session in which queries are resolved under a search path. @throws TargetError `target/unreachable`, or the driver's own error */
export async function openResolver(main: ServerAccount, path: string): Promise<PostgresSession> {
  const session = await PostgresSession.open(main);
  try {
    await pinResolver(session, path);
    return session;
  } catch (cause) {
    await session.close();
    throw cause;
  }
}

/** Returns the query behind each statement. @throws TargetError `statement/empty`, and what {@link queryOfRead} refuses with */
export function queriesOf(statements: readonly Statement[]): readonly (string | undefined)[] {
  if (statements.length === 0) throw new TargetError('statement/empty', 'no statement, expected one');
  return statements.map(({ sql }, index) => queryOfRead(sql, index));
}

async function resolveNow(
  main: ServerAccount,
  statements: readonly Statement[],
  trusted: readonly TrustedFunction[],
): Promise<Grounds> {
  const queries = queriesOf(statements);
  const session = await PostgresSession.open(main);
  const resolutions: (Resolution | undefined)[] = [];
  let statement: number | undefined;
  try {
    const path = await readSearchPath(session);
    const place = await readPlace(session);
    await pinResolver(session, path);
    for (const [index, query] of queries.entries()) {
      statement = index;
      const found = query === undefined ? undefined : await resolveQuery(session, query);
      if (found !== undefined) requireRead(found, index, trusted);
      resolutions.push(found);
    }
    return { path, place, resolutions, columns: new Map() };
  } catch (cause) {
    throw engineError(cause, statement);
  } finally {
    await session.close();
  }
}

/** Resolving names waits for locks on what is being altered. */
async function pinResolver(session: PostgresSession, path: string): Promise<void> {
  await pinSession(session, path, [
    ['lock_timeout', '2000'],
    ['statement_timeout', '5000'],
  ]);
}
