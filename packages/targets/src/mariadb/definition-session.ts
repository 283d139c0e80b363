import type { MariadbSession } from './session.ts';
import { pinSession, pinWriter } from './settings.ts';
import type { ServerKind, SessionLimits } from './settings.ts';

/** Pins what a definition means beyond what a change of rows does: which engine a table gets, and what is let pass. */
export async function pinDefiner(
  session: MariadbSession,
  kind: ServerKind,
  limits: SessionLimits,
): Promise<void> {
  await pinSession(session, kind, limits);
  await pinWriter(session, kind, limits);
  await session.own(
    `SET SESSION default_storage_engine = InnoDB, innodb_strict_mode = 1, sql_if_exists = 0, system_versioning_alter_history = ERROR`,
  );
}

/** How a table is altered, the cheapest first. */
export const algorithms = ['INSTANT', 'NOCOPY', 'INPLACE', 'COPY'] as const;
export type Algorithm = (typeof algorithms)[number];

/** Has the server refuse an ALTER TABLE that would need a dearer way; undefined leaves it to the server. */
export async function pinAlgorithm(session: MariadbSession, algorithm: Algorithm | undefined): Promise<void> {
  await session.own(`SET SESSION alter_algorithm = '${algorithm ?? 'DEFAULT'}'`);
}

/** Whether the server heeds that: since 11.5 it does not. */
export function heedsAlgorithm({ version }: ServerKind): boolean {
  const [major = 0, minor = 0] = version.split('.', 2).map(Number);
  return major < 11 || (major === 11 && minor < 5);
}
