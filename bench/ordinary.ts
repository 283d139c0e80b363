import { readFileSync } from 'node:fs';

/** A statement of a corpus that must be read and must carry no hazard. */
export interface Ordinary {
  readonly sql: string;
  /** Whether it changes nothing; some corpora say tables instead. */
  readonly read_only?: boolean;
}

/** Returns the statements of a corpus by the name of its file. */
export function loadOrdinary(name: string): readonly Ordinary[] {
  const path = new URL(`../test/vectors/sql/${name}`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { statements: readonly Ordinary[] }).statements;
}

/** Returns the texts that a parser reads at all: a peer is measured on what it can do. */
export function readable(texts: readonly string[], parse: (sql: string) => unknown): readonly string[] {
  return texts.filter((sql) => {
    try {
      parse(sql);
      return true;
    } catch {
      return false;
    }
  });
}
