import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatRosterFile, parseRosterFile } from '../src/setup/roster-file.ts';
import { demoPersons, demoSeed } from '../src/setup/demo-people.ts';
import { seedSigner } from '@countersign/codec';
import type { Roster } from '@countersign/messages';
import { isMove, isTerminal, requestStates } from '../src/store/schema.ts';
import { backlogs } from '../src/store/notification.ts';
import { isRefused, refusedKeys, refuseKey } from '../src/store/refused-keys.ts';
import { Store } from '../src/store/store.ts';
import { putUsage, settleRows, usageJudged, usageOf, type Usage, type UsageRow } from '../src/store/usage.ts';
import { keepSchema, schemaParts } from '../src/store/target-schema.ts';
import { putTraceParent, traceParentOf } from '../src/store/trace-parent.ts';

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-store-'));
  path = join(directory, 'state.db');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Makes the store one of a version before schemas were kept, and before there were sums. */
const noSchemas = 'DROP TABLE target_schema;';
const noSums = `${noSchemas} DROP TRIGGER usage_counted; DROP TRIGGER usage_settled; DROP TABLE usage_sum;`;

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

  test('of version 1 is brought up to date, its requests counted', () => {
    const store = Store.open(path, { create: true });
    store.database.exec(
      `${noSchemas} DROP TABLE usage; DROP TABLE usage_sum; DROP TABLE notification; DROP TABLE refused_key; DROP TABLE trace_parent; PRAGMA user_version = 1;
       INSERT INTO request (id, sequence, state, target, submitter, made_at, changed_at, submission, facts, verdict)
       VALUES (x'01', 1, 'pending', 'demo', 'olga', 1000, 1000, x'', x'', x'')`,
    );
    store.close();
    const again = Store.open(path, { create: false });
    const own = { id: Uint8Array.of(2), person: 'olga', at: 1100, rows: 5 };
    expect(usageOf(again, own)).toEqual({ requestsHour: 2, requestsDay: 2, rowsHour: 5, rowsDay: 5 });
    again.close();
  });

  test('of version 2 gets a queue of messages, empty', () => {
    const store = Store.open(path, { create: true });
    store.database.exec(
      `${noSums} DROP TABLE notification; DROP TABLE refused_key; DROP TABLE trace_parent; PRAGMA user_version = 2`,
    );
    store.close();
    const migrated = Store.open(path, { create: false });
    expect(backlogs(migrated)).toEqual([]);
    migrated.close();
  });

  test('of version 3 refuses no key yet, and then the one that it is told to', () => {
    const store = Store.open(path, { create: true });
    store.database.exec(`${noSums} DROP TABLE refused_key; DROP TABLE trace_parent; PRAGMA user_version = 3`);
    store.close();
    const migrated = Store.open(path, { create: false });
    expect(refusedKeys(migrated)).toEqual([]);
    const key = { kid: new Uint8Array(32), at: 1000, person: 'olga', reason: 'stolen' };
    refuseKey(migrated, key);
    refuseKey(migrated, { ...key, reason: 'again' });
    expect(refusedKeys(migrated)).toMatchObject([{ at: 1000, person: 'olga', reason: 'stolen' }]);
    expect([isRefused(migrated, key.kid), isRefused(migrated, key.kid.with(0, 1))]).toEqual([true, false]);
    migrated.close();
  });

  test('of version 4 has no spans yet, and then the one that it is told', () => {
    const store = Store.open(path, { create: true });
    store.database.exec(`${noSums} DROP TABLE trace_parent; PRAGMA user_version = 4`);
    store.close();
    const migrated = Store.open(path, { create: false });
    const id = Uint8Array.of(1);
    putTraceParent(migrated, id, undefined);
    expect(traceParentOf(migrated, id)).toBeUndefined();
    putTraceParent(migrated, id, '00-1-2-01');
    expect(traceParentOf(migrated, id)).toBe('00-1-2-01');
    migrated.close();
  });

  test('of version 5 has its usage added up, and sums follow it', () => {
    const store = Store.open(path, { create: true });
    const row = (id: number, at: number, rows: number) => ({
      id: Uint8Array.of(id),
      person: 'olga',
      at,
      rows,
    });
    for (let id = 0; id < 50; id += 1) {
      const one = row(id, 90_000 + id * 1_801, id);
      putUsage(store, one, usageOf(store, one));
    }
    const kept = store.database.prepare('SELECT * FROM usage_sum').all();
    store.database.exec(`${noSums} PRAGMA user_version = 5`);
    store.close();
    const migrated = Store.open(path, { create: false });
    expect(migrated.database.prepare('SELECT * FROM usage_sum').all()).toEqual(kept);
    migrated.close();
  });

  test('of version 6 keeps no schema yet, and then those that open requests were made on', () => {
    const store = Store.open(path, { create: true });
    store.database.exec(`${noSchemas} PRAGMA user_version = 6`);
    store.close();
    const migrated = Store.open(path, { create: false });
    const [first, second] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const open = (id: number, madeAt: number): void => {
      migrated.database.exec(
        `INSERT INTO request (id, sequence, state, target, submitter, made_at, changed_at, submission, facts, verdict)
         VALUES (x'0${id}', ${id}, 'pending', 'demo', 'olga', ${madeAt}, ${madeAt}, x'', x'', x'')`,
      );
    };
    expect(schemaParts(migrated, first)).toBeUndefined();
    open(1, 1000);
    keepSchema(migrated, first, [['table', 'main.a', '00']], 1001);
    open(2, 1100);
    keepSchema(migrated, second, [], 1101);
    expect(schemaParts(migrated, first)).toEqual([['table', 'main.a', '00']]);
    migrated.database.exec("UPDATE request SET state = 'executed' WHERE sequence = 1");
    keepSchema(migrated, second, [], 1102);
    expect([schemaParts(migrated, first), schemaParts(migrated, second)]).toEqual([undefined, []]);
    migrated.close();
  });

  test('keeps the schema that it was just told, also when the clock went back since the open requests', () => {
    const store = Store.open(path, { create: true });
    store.database.exec(
      `INSERT INTO request (id, sequence, state, target, submitter, made_at, changed_at, submission, facts, verdict)
       VALUES (x'01', 1, 'pending', 'demo', 'olga', 1000, 1000, x'', x'', x'')`,
    );
    const fingerprint = new Uint8Array(32).fill(1);
    keepSchema(store, fingerprint, [['table', 'main.a', '00']], 900);
    expect(schemaParts(store, fingerprint)).toEqual([['table', 'main.a', '00']]);
    store.close();
  });

  test('counts by its sums what counting one by one comes to, at every edge', () => {
    const store = Store.open(path, { create: true });
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const counted = (own: UsageRow): Usage => {
      const one = (since: number): { n: number; r: number } =>
        store.database
          .prepare<[string, number, Uint8Array], { n: number; r: number }>(
            'SELECT count(*) AS n, coalesce(sum(row_count), 0) AS r FROM usage WHERE person = ? AND at > ? AND id <> ?',
          )
          .get(own.person, since, own.id) ?? { n: -1, r: -1 };
      const [hour, day] = [one(own.at - 3_600), one(own.at - 86_400)];
      return {
        requestsHour: hour.n + 1,
        requestsDay: day.n + 1,
        rowsHour: hour.r + own.rows,
        rowsDay: day.r + own.rows,
      };
    };
    for (let turn = 0; turn < 600; turn += 1) {
      const row = {
        id: Uint8Array.of(random(200), random(2)),
        person: ['olga', 'pia'][random(2)] ?? '',
        // Also before the first day is over, and just at edges of minutes and hours.
        at: random(3) * 3_600 + random(100_000) * (random(4) === 0 ? 60 : 1) + random(3),
        rows: random(1_000),
      };
      expect(usageOf(store, row)).toEqual(counted(row));
      putUsage(store, row, usageOf(store, row));
      if (turn % 3 === 0) settleRows(store, row.id, random(1_000));
    }
    store.close();
  });

  test('that claims version 1 and has no requests is damaged', () => {
    const other = Store.open(join(directory, 'other.db'), { create: true });
    other.database.exec(
      'DROP TABLE usage; DROP TABLE usage_sum; DROP TABLE notification; DROP TABLE request; PRAGMA user_version = 1',
    );
    other.close();
    expect(() => Store.open(join(directory, 'other.db'), { create: false })).toThrow(
      refused('home/store-damaged'),
    );
  });

  test('counts hours and days that slide, each person alone, and what lies ahead', () => {
    const store = Store.open(path, { create: true });
    const put = (id: number, person: string, at: number, rows: number): void => {
      const row = { id: Uint8Array.of(id), person, at, rows };
      putUsage(store, row, usageOf(store, row));
    };
    put(1, 'olga', 100_000, 7);
    put(2, 'olga', 182_801, 20);
    put(3, 'olga', 186_401, 300);
    put(4, 'pia', 186_400, 4000);
    const own = { id: Uint8Array.of(9), person: 'olga', at: 186_400, rows: 1 };
    expect(usageOf(store, own)).toEqual({ requestsHour: 3, requestsDay: 3, rowsHour: 321, rowsDay: 321 });
    expect(usageOf(store, { ...own, at: 186_401 })).toMatchObject({ requestsHour: 2, rowsHour: 301 });
    expect(usageOf(store, { ...own, at: 186_399 })).toMatchObject({ requestsDay: 4, rowsDay: 328 });
    expect(usageOf(store, { ...own, id: Uint8Array.of(3) })).toMatchObject({ requestsHour: 2, rowsHour: 21 });
    settleRows(store, Uint8Array.of(2), 5);
    expect(usageOf(store, own).rowsHour).toBe(306);
    expect(usageJudged(store, Uint8Array.of(1))).toMatchObject({ requestsHour: 1, rowsDay: 7 });
    store.close();
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
