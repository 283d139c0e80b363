import type { Catalog } from './catalog.ts';
import type { Dialect } from './facts.ts';
import { modesOf } from './mysql/modes.ts';

/** The settings of a session by name, as a request signs them. */
export type SignedSession = ReadonlyMap<string, string>;

/**
 * What of a catalogue does not say the same of the session as the settings that are signed, or undefined when all does.
 * A text means something else under another search path, default database or `sql_mode`: facts read with a catalogue hold
 * for a run only when both are of one session. Without a catalogue what cuts the text into tokens is compared.
 */
export function sessionDifference(
  dialect: Dialect,
  catalog: Catalog | undefined,
  session: SignedSession,
): string | undefined {
  switch (dialect) {
    case 'sqlite':
      return undefined;
    case 'postgres':
      return postgresDifference(catalog, session);
    case 'mysql':
    case 'mariadb':
      return mysqlDifference(dialect, catalog, session);
    default:
      return dialect satisfies never;
  }
}

function postgresDifference(catalog: Catalog | undefined, session: SignedSession): string | undefined {
  const conforming = session.get('standard_conforming_strings') === 'on';
  if (conforming !== (catalog?.standardConformingStrings ?? true)) return 'standard_conforming_strings';
  if (catalog === undefined) return undefined;
  const signed = namesOfPath(session.get('search_path'));
  return JSON.stringify(signed) === JSON.stringify(catalog.searchPath ?? ['public'])
    ? undefined
    : 'search_path';
}

const PATH_NAME = /\s*(?:"((?:[^"]|"")*)"|([^\s",]+))\s*(?:,|$)/y;

/** The names of a search path as the engine quotes them; undefined when it is not of that form. */
function namesOfPath(path: string | undefined): readonly string[] | undefined {
  if (path === undefined) return undefined;
  const names: string[] = [];
  const name = new RegExp(PATH_NAME);
  while (name.lastIndex < path.length) {
    const found = name.exec(path);
    if (found === null) return undefined;
    names.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
  }
  return names;
}

function mysqlDifference(
  dialect: Dialect,
  catalog: Catalog | undefined,
  session: SignedSession,
): string | undefined {
  const mode = session.get('sql_mode');
  const [signed, read] = [modesOf(dialect, mode), modesOf(dialect, catalog?.sqlMode)];
  if (mode === undefined || JSON.stringify(signed) !== JSON.stringify(read)) return 'sql_mode';
  if (catalog === undefined) return undefined;
  if (session.get('database') !== catalog.currentSchema) return 'database';
  const names = String(catalog.lowerCaseTableNames ?? 0);
  return session.get('lower_case_table_names') === names ? undefined : 'lower_case_table_names';
}
