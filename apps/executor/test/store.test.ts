import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatRosterFile, parseRosterFile } from '../src/setup/roster-file.ts';
import { demoPersons, demoSeed } from '../src/setup/demo-people.ts';
import { seedSigner } from '@countersign/codec';
import type { Roster } from '@countersign/messages';
import { isMove, isTerminal, requestStates } from '../src/store/schema.ts';
import { Store } from '../src/store/store.ts';

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-store-'));
  path = join(directory, 'state.db');
});
afterEach(() => rmSync(directory, { recursive: true }));

function refused(code: string): unknown {
  return expect.objectContaining({ code });
}

describe('the store', () => {
  test('is made once and opened again', () => {
    Store.open(path, { create: true }).close();
    expect(() => Store.open(path, { create: true })).toThrow(refused('home/exists'));
    Store.open(path, { create: false }).close();
  });

  test('of another version is refused', () => {
    const store = Store.open(path, { create: true });
    store.database.pragma('user_version = 9');
    store.close();
    expect(() => Store.open(path, { create: false })).toThrow(refused('home/store-version'));
  });

  test('that is no database, or none at all, is refused', () => {
    expect(() => Store.open(path, { create: false })).toThrow(refused('home/store-damaged'));
    writeFileSync(path, 'this is a text and no database at all, whatever its name says\n'.repeat(100));
    expect(() => Store.open(path, { create: false })).toThrow(refused('home/store-damaged'));
    truncateSync(path, 0);
    expect(() => Store.open(path, { create: false })).toThrow(refused('home/store-version'));
  });

  test('says when the disk is full, and keeps nothing of what did not fit', () => {
    const store = Store.open(path, { create: true });
    const pages = store.database.pragma('page_count', { simple: true });
    store.database.pragma(`max_page_count = ${String(pages)}`);
    const insert = store.database.prepare('INSERT INTO meta (key, value) VALUES (?, ?)');
    const fill = (): void =>
      store.atomically(() => {
        for (let key = 0; key < 50; key += 1) insert.run(String(key), Buffer.alloc(4000));
      });
    expect(fill).toThrow(refused('home/disk-full'));
    expect(store.database.prepare('SELECT count(*) FROM meta').pluck().get()).toBe(0);
    store.close();
  });
});

test('a state that has an end has no way out, and none leads back to the beginning', () => {
  const terminal = requestStates.filter(isTerminal);
  expect(terminal).toEqual(
    expect.arrayContaining([
      'denied',
      'ran',
      'withdrawn',
      'expired',
      'rejected',
      'executed',
      'drifted',
      'failed',
      'resolved',
    ]),
  );
  for (const from of requestStates) {
    expect(isMove(from, 'submitted')).toBe(false);
    for (const to of requestStates) if (isMove(from, to)) expect(terminal).not.toContain(from);
  }
  expect(requestStates.filter((from) => isMove(from, 'running'))).toEqual(['approved']);
  expect(requestStates.filter((from) => isMove(from, 'executed'))).toEqual(['running']);
});

test('a roster that is written as YAML reads back as it was', () => {
  const [first, ...others] = demoPersons();
  if (first === undefined) throw new Error('the demonstration has people');
  const limited = first.keys.map((key) => ({ ...key, validFrom: 1_700_000_000, validUntil: 1_800_000_000 }));
  const roster: Roster = {
    version: 1,
    domain: new Uint8Array(16),
    number: 2,
    previous: new Uint8Array(32),
    madeAt: 5,
    root: { threshold: 1, keys: [seedSigner(demoSeed('root-1')).publicKey] },
    roles: [
      { name: 'operator', may: ['submit'], peopleMin: 0 },
      { name: 'dba', may: ['approve', 'audit'], peopleMin: 2 },
    ],
    persons: [{ ...first, name: 'O"livia: #1', keys: limited }, ...others],
    executors: [{ origin: 'countersign/00010203', publicKey: seedSigner(demoSeed('executor')).publicKey }],
    revocations: [{ kid: new Uint8Array(32).fill(7), fromIndex: 12 }],
  };
  const text = formatRosterFile(roster);
  const before = {
    before: { ...roster, number: 1 },
    beforeHash: new Uint8Array(32),
    madeAt: 5,
    ledgerSize: 40,
  };
  expect(parseRosterFile(text, 'roster.yaml', before)).toEqual(roster);
  const revoked = parseRosterFile(text.replace(': 12', ': now'), 'roster.yaml', before);
  expect(revoked.revocations[0]?.fromIndex).toBe(40);
});
