import { describe, expect, test } from 'vitest';
import { allHazards, classify } from '@countersign/sql';
import type { Catalog, Facts } from '@countersign/sql';
import { catalogFileOf, mysqlCatalog, textOf, vectorsOf } from './mysql-files.ts';
import type { MysqlDialect } from './mysql-files.ts';

function writesOf(facts: Facts): readonly string[] {
  return [...new Set(facts.statements.flatMap((statement) => statement.writes))].sort();
}

function readsOf(facts: Facts): readonly string[] {
  return [...new Set(facts.statements.flatMap((statement) => statement.reads))].sort();
}

/** What a session is known to be when nothing of the schema is. */
function sessionOf(dialect: MysqlDialect, sqlMode: string | undefined): Catalog {
  const { database, sql_mode } = catalogFileOf(dialect);
  const names = { tables: new Map(), triggers: [], partial: true };
  return { ...names, currentSchema: database, sqlMode: sqlMode ?? sql_mode };
}

describe.each(['mariadb', 'mysql'] as const)('%s', (dialect) => {
  const file = vectorsOf(dialect);
  const catalog = mysqlCatalog(dialect);
  const { defaults } = catalogFileOf(dialect);

  test('the file has as many vectors as it says', () => {
    expect(file.vectors.length).toBe(file.count);
    expect(file.count).toBeGreaterThan(400);
  });

  test.each(file.vectors)('$why: $sql', (vector) => {
    const { truth } = vector;
    const sql = textOf(vector);
    const facts = classify(sql, dialect, sessionOf(dialect, vector.sql_mode));
    const mode = vector.sql_mode;
    const full = classify(sql, dialect, mode === undefined ? catalog : { ...catalog, sqlMode: mode });

    // The promise: what changed anything is not called a read, with or without a catalogue.
    if (truth.engine === 'changes') {
      expect(full.readOnly).toBe(false);
      if (truth.assumed !== true) expect(facts.readOnly).toBe(false);
    }
    for (const answer of truth.assumed === true ? [full] : [facts, full]) {
      if (answer.effect !== 'unknown') {
        expect(changed(truth.seen ?? [], answer === full)).toEqual([]);
      }
      function changed(seen: readonly string[], isFull: boolean): readonly string[] {
        if (!isFull) return [];
        const known = writesOf(answer).flatMap((name) => [name, ...(defaults[name] ?? [])]);
        return seen
          .filter((what) => what.startsWith('rows '))
          .map((what) => what.slice('rows '.length))
          .filter((name) => !known.map((table) => table.replaceAll('"', '')).includes(name));
      }
    }

    if (facts.effect === 'unknown' && truth.may === 'unknown') return;
    expect(facts.effect).toBe(truth.effect);
    expect(facts.readOnly).toBe(truth.effect === 'read');
    if (truth.effect === 'unknown' && !facts.parsed) return;
    expect(truth.hazards.filter((code) => !allHazards(facts).some((found) => found === code))).toEqual([]);
    if (truth.writes !== undefined) expect(writesOf(facts)).toEqual([...truth.writes].sort());
    if (truth.reads !== undefined) expect(readsOf(facts)).toEqual([...truth.reads].sort());
    if (truth.where !== undefined) expect(facts.statements[0]?.where).toBe(truth.where);
  });

  test.each(file.vectors)('every hazard stands at a place of the text: $sql', (vector) => {
    const sql = textOf(vector);
    const facts = classify(sql, dialect, sessionOf(dialect, vector.sql_mode));
    for (const { offset, length } of facts.statements.flatMap((statement) => statement.hazards)) {
      expect(offset).toBeLessThan(sql.length);
      expect(offset + length).toBeLessThanOrEqual(sql.length);
      expect(length).toBeGreaterThan(0);
    }
    for (const statement of facts.statements) {
      expect(sql.startsWith(statement.sql, statement.offset)).toBe(true);
    }
  });
});
