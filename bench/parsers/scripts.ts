import { mysqltestStatements } from './mysqltest.ts';
import { psqlStatements } from './psql.ts';
import { tclStatements } from './tcl.ts';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const ENGINES = ['postgres', 'mariadb', 'sqlite'] as const;
export type EngineName = (typeof ENGINES)[number];

/** One file of an engine's test suite, as the statements that it sends, in their order. */
export interface Script {
  readonly name: string;
  readonly statements: readonly string[];
}

const FORMS: Readonly<Record<EngineName, { end: string; split: (text: string) => string[] }>> = {
  postgres: { end: '.sql', split: psqlStatements },
  mariadb: { end: '.test', split: mysqltestStatements },
  sqlite: { end: '.test', split: tclStatements },
};

/** Makes the tables that the others of its suite use. */
export const SETUP = 'test_setup.sql';

/** The files of a folder, by name; of `every` files one, chosen by a hash of its name, and what sets the others up. */
export function loadScripts(engine: EngineName, folder: string, every: number): Script[] {
  const { end, split } = FORMS[engine];
  return readdirSync(folder)
    .filter((name) => name.endsWith(end) && (name === SETUP || chosen(name, every)))
    .sort()
    .map((name) => ({ name, statements: split(readFileSync(join(folder, name), 'utf8')) }));
}

function chosen(name: string, every: number): boolean {
  return createHash('sha256').update(name).digest().readUInt32BE(0) % every === 0;
}
