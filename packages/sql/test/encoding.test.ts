import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encode } from '@countersign/codec';
import { SqlError, classify, classifyTexts, decodeFacts, encodeFacts, factsJson } from '@countersign/sql';

const path = new URL('../../../test/vectors/sql/sqlite.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: { sql: string }[] };

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SqlError) return error.code;
    throw error;
  }
  return 'none';
}

describe('facts as bytes', () => {
  test('every vector comes back, from the same bytes', () => {
    const readable = vectors.filter(({ sql }) => sql.isWellFormed());
    expect(readable.length).toBeGreaterThan(140);
    for (const { sql } of readable) {
      const facts = classify(sql, 'sqlite');
      const bytes = encodeFacts(facts);
      expect(decodeFacts(bytes, [sql])).toEqual(facts);
      expect(encodeFacts(classify(sql, 'sqlite'))).toEqual(bytes);
    }
  });

  test('every truncation and every changed byte is refused or says something else', () => {
    const sql = 'DELETE FROM t';
    const bytes = encodeFacts(classify(sql, 'sqlite'));
    for (let length = 0; length < bytes.length; length += 1) {
      expect(codeOf(() => decodeFacts(bytes.subarray(0, length), [sql]))).toBe('sql/facts-malformed');
    }
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = bytes.slice();
      changed[index] = (changed[index] ?? 0) ^ 1;
      const code = codeOf(() => {
        expect(decodeFacts(changed, [sql])).not.toEqual(classify(sql, 'sqlite'));
      });
      expect(['none', 'sql/facts-malformed', 'sql/facts-span', 'sql/facts-contradict']).toContain(code);
    }
  });

  test('facts that do not belong to the texts are refused', () => {
    const bytes = encodeFacts(classifyTexts(['SELECT 1', 'SELECT 2'], 'sqlite'));
    expect(codeOf(() => decodeFacts(bytes, ['SELECT 1']))).toBe('sql/facts-span');
    expect(codeOf(() => decodeFacts(bytes, ['SELECT 1', 'S']))).toBe('sql/facts-span');
  });

  test('a summary that the statements do not bear is refused', () => {
    const facts = classify('DELETE FROM t', 'sqlite');
    const lying = encodeFacts({ ...facts, effect: 'read', readOnly: true });
    expect(codeOf(() => decodeFacts(lying, ['DELETE FROM t']))).toBe('sql/facts-contradict');
    expect(codeOf(() => decodeFacts(encode(new Map([[1, 1]])), []))).toBe('sql/facts-malformed');
  });
});

test('the JSON document has the names that other programs read', () => {
  const json = factsJson(classify("UPDATE customers SET status = 'x' WHERE id = 1", 'sqlite'));
  expect(json).toMatchObject({
    schema_version: 1,
    dialect: 'sqlite',
    parsed: true,
    assumes: { relations: ['main.customers'], functions: [], casts: [], operators: [] },
    effect: 'write',
    read_only: false,
  });
  expect(json.statements[0]).toMatchObject({
    kind: 'update',
    effects: ['read', 'write'],
    writes: ['main.customers'],
    reads: ['main.customers'],
    columns: { read: ['main.customers.id'], written: ['main.customers.status'] },
    where: 'present',
    hazards: [],
    opaque: false,
  });
});
