import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimedAnchor, encodeLedgerBundle, parseBundle, verifyBundle } from '@countersign/ledger';
import type { Life, VerifiedEntry, VerifiedLedger } from '@countersign/ledger';
import { decodeEntry, type EntryType, type Request } from '@countersign/messages';
import { loadPolicy, regoSourcesFile, type PolicyFile } from '@countersign/policy';
import { nodeVerifier } from '@countersign/program';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { replay } from '../src/stages/replay.ts';

const program = join(import.meta.dirname, '..', 'src', 'main.ts');
const directory = mkdtempSync(join(tmpdir(), 'countersign-replay-'));
let bundle = new Uint8Array();
let rules: readonly PolicyFile[] = [];

/** The ledger of a home with one request and one submission that was denied. */
beforeAll(() => {
  start('init', '--demo');
  start('submit', "UPDATE customers SET tier = 'gold' WHERE id = 1", '--reason', 'loyalty campaign');
  start('submit', 'DELETE FROM orders', '--reason', 'clean up');
  start('ledger', 'export', '--out', 'past.csledger');
  bundle = new Uint8Array(readFileSync(join(directory, 'past.csledger')));
  const text = (path: string): string =>
    readFileSync(join(directory, '.countersign', 'policy', path), 'utf8');
  rules = ['changes.yaml', 'main.yaml'].map((path) => ({ path, text: text(path) }));
}, 60_000);

afterAll(() => rmSync(directory, { recursive: true }));

function start(...argv: readonly string[]): void {
  const env = { PATH: process.env['PATH'], HOME: directory, COUNTERSIGN_PASSPHRASE: 'countersign-demo' };
  spawnSync(process.execPath, [program, ...argv], { cwd: directory, env });
}

function verified(bytes: Uint8Array): VerifiedLedger {
  return verifyBundle(bytes, { anchor: claimedAnchor(bytes), verifier: nodeVerifier });
}

function withLives(ledger: VerifiedLedger, change: (life: Life) => Life): VerifiedLedger {
  return { ...ledger, lives: new Map([...ledger.lives].map(([id, life]) => [id, change(life)])) };
}

function withRequest(ledger: VerifiedLedger, change: (request: Request) => Request): VerifiedLedger {
  return withLives(ledger, (life) => {
    if (life.request === undefined) return life;
    const { signed, index } = life.request;
    return { ...life, request: { signed: { ...signed, record: change(signed.record) }, index } };
  });
}

/** The ledger as if its policy had held this file besides. */
function withFile(ledger: VerifiedLedger, { path, text }: PolicyFile): VerifiedLedger {
  const entries = ledger.entries.map((each): VerifiedEntry => {
    if (each.content.type !== 'policy') return each;
    const { note } = each.content;
    return { ...each, content: { type: 'policy', note: { ...note, files: [...note.files, [path, text]] } } };
  });
  return { ...ledger, entries };
}

function withoutBody(type: EntryType): VerifiedLedger {
  const { header, items, checkpoint } = parseBundle(bundle);
  const kept = items.map(({ entry, body }) => ({
    entry,
    body: decodeEntry(entry).type === type ? null : body,
  }));
  return verified(new Uint8Array(Buffer.concat(encodeLedgerBundle({ header, items: kept, checkpoint }))));
}

/** What becomes of the request and of the denial, in this order. */
function outcomes(ledger: VerifiedLedger, files: readonly PolicyFile[] = rules): readonly string[] {
  return replay(ledger, loadPolicy(files), undefined).map((each) =>
    each.type === 'unreplayed' ? each.gap : each.changed ? 'changed' : 'same',
  );
}

test('the same rules come to the same, a higher count to another quorum', () => {
  expect(outcomes(verified(bundle))).toEqual(['same', 'same']);
  const stricter = rules.map(({ path, text }) => ({
    path,
    text: text.replaceAll('{ dba: 2 }', '{ dba: 3 }'),
  }));
  expect(outcomes(verified(bundle), stricter)).toEqual(['changed', 'same']);
});

test('rules of another name that ask the same are no change', () => {
  const renamed = rules.map(({ path, text }) => ({
    path,
    text: text.replace('whole-table-is-denied', 'another'),
  }));
  expect(outcomes(verified(bundle), renamed)).toEqual(['same', 'same']);
});

test('a scope that does not hold the submission is a denial', () => {
  const text = 'version: 1\nscopes:\n  - { who: { ids: [olivia] }, targets: [elsewhere] }\n';
  expect(outcomes(verified(bundle), [...rules, { path: 'scopes.yaml', text }])).toEqual(['changed', 'same']);
});

test('bodies that were erased are named, whichever it is', () => {
  expect(outcomes(withoutBody('submission'))).toEqual(['erased', 'erased']);
  expect(outcomes(withoutBody('request'))[0]).toBe('erased');
});

test('what no verdict ended is undecided', () => {
  const cut = withLives(verified(bundle), (life) => ({
    ...life,
    indexes: life.indexes.slice(0, 1),
    request: undefined,
  }));
  expect(outcomes(cut)).toEqual(['undecided', 'undecided']);
});

test('a policy that cannot be read any more is named', () => {
  expect(outcomes(withFile(verified(bundle), { path: 'x.yaml', text: 'version: 9' }))).toEqual([
    'policy',
    'policy',
  ]);
});

test('where a Rego policy was asked nothing is replayed', () => {
  const source = { mode: 'wasm', bundle: 'ab'.repeat(32), entrypoint: 'countersign/verdict' } as const;
  const file = regoSourcesFile(new Map([['demo', source]])) ?? { path: '', text: '' };
  expect(outcomes(withFile(verified(bundle), file))).toEqual(['rego', 'rego']);
});

test('where policies vouch for different functions the facts would be others, but on SQLite', () => {
  const file = {
    path: 'functions.yaml',
    text: `version: 1\nfunctions:\n  - { name: public.full_name, signature: text, body: ${'5d'.repeat(32)}, reason: read }\n`,
  };
  expect(outcomes(verified(bundle), [...rules, file])).toEqual(['same', 'same']);
  const moved = withRequest(verified(bundle), (request) => ({
    ...request,
    target: { ...request.target, engine: 'mysql' },
  }));
  // The denial has no request of its own: its engine is that of the newest request.
  expect(outcomes(moved, [...rules, file])[1]).toBe('functions');
});

test('facts that cannot be read are named', () => {
  const damaged = withRequest(verified(bundle), (request) => ({ ...request, facts: new Uint8Array([1]) }));
  expect(outcomes(damaged)).toEqual(['facts', 'same']);
});

test('a tag that the policy of then gave and these rules do not give cannot be told apart', () => {
  const file = { path: 'tags.yaml', text: 'version: 1\ntags:\n  demo: { target: [prod] }\n' };
  expect(outcomes(withFile(verified(bundle), file))).toEqual(['tags', 'tags']);
  expect(outcomes(withFile(verified(bundle), file), [...rules, file])).toEqual(['same', 'same']);
});
