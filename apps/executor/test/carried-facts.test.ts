import { expect, test } from 'vitest';
import { classifyTexts, decodeCatalog, decodeFacts, encodeFacts, unsettle } from '@countersign/sql';
import type { Catalog } from '@countersign/sql';
import { agreementOf } from '@countersign/wording';
import { carriedFacts } from '../src/stages/carried-facts.ts';

const statements = [{ sql: 'DELETE FROM orders WHERE id = 1', params: [] }];

function shop(body: string): Catalog {
  return {
    tables: new Map([
      ['main.orders', { kind: 'table', columns: ['id'] }],
      ['main.audit', { kind: 'table', columns: ['what'] }],
      ['main.other', { kind: 'table', columns: ['id'] }],
    ]),
    triggers: [
      {
        name: 'noted',
        table: 'main.orders',
        sql: `CREATE TRIGGER noted AFTER DELETE ON orders BEGIN ${body}; END`,
      },
    ],
  };
}

const texts = statements.map(({ sql }) => sql);

function judged(catalog: Catalog): Uint8Array {
  return encodeFacts(classifyTexts(texts, 'sqlite', catalog));
}

test('a request carries the facts that the catalogue gives, and what of it gives them', () => {
  const catalog = shop("INSERT INTO audit (what) VALUES ('gone')");
  const carried = carriedFacts(statements, 'sqlite', catalog, judged(catalog));
  const facts = decodeFacts(carried.facts, texts);
  expect(facts.statements[0]?.writes).toEqual(['main.audit', 'main.orders']);
  const small = decodeCatalog(carried.catalog);
  expect([...small.tables.keys()]).toEqual(['main.audit', 'main.orders']);
  expect(encodeFacts(classifyTexts(texts, 'sqlite', small))).toEqual(carried.facts);
});

test('definitions that do not fit into a request are refused', () => {
  const catalog = shop(`INSERT INTO audit (what) VALUES ('${'x'.repeat(270_000)}')`);
  expect(() => carriedFacts(statements, 'sqlite', catalog, judged(catalog))).toThrow(
    expect.objectContaining({ code: 'request/catalog-too-large', exitCode: 2 }) as Error,
  );
});

test('what the engine alone found travels, graver than the catalogue gives', () => {
  const catalog = shop("INSERT INTO audit (what) VALUES ('gone')");
  const found = unsettle(classifyTexts(texts, 'sqlite', catalog), 0);
  const carried = carriedFacts(statements, 'sqlite', catalog, encodeFacts(found));
  expect(decodeFacts(carried.facts, texts)).toEqual(found);
  const here = classifyTexts(texts, 'sqlite', decodeCatalog(carried.catalog));
  expect(agreementOf(found, here)).toBe('graver');
});

test('facts that are milder than the catalogue gives are not sealed', () => {
  const quiet = judged(shop("SELECT 'nothing'"));
  const catalog = shop("INSERT INTO audit (what) VALUES ('gone')");
  expect(() => carriedFacts(statements, 'sqlite', catalog, quiet)).toThrow(
    expect.objectContaining({ code: 'request/facts-changed', exitCode: 3 }) as Error,
  );
});
