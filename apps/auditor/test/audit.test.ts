import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeApproverState } from '@countersign/messages';
import { formatPublicKeyFile } from '@countersign/keys';
import { toHex, type PublicKey } from '@countersign/codec';
import { afterAll, expect, test } from 'vitest';
import { emergencyStory, goodStory } from '../../../test/model/good-story.ts';
import { signerOf } from '../../../test/model/story-cast.ts';
import { idText, Story } from '../../../test/model/story.ts';
import {
  diffOf,
  effectOf,
  fewerRows,
  mayDrift,
  renamed,
  tolerant,
  withoutRows,
} from '../../../test/model/tolerant-story.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'audit-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const story = goodStory();
const early = new Story().begin();
const bundle = file('good.csledger', story.bundle());
const rootKey: PublicKey = signerOf('root').publicKey;
const root = file('root.pub', formatPublicKeyFile({ key: rootKey, name: 'root' }));

interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function file(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function audit(...args: readonly string[]): Answer {
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: { NO_COLOR: '1' } });
}

function json(answer: Answer): Record<string, unknown> {
  return JSON.parse(answer.stdout) as Record<string, unknown>;
}

test('an honest ledger is verified, with heads and journals kept elsewhere', () => {
  const head = file('head.note', early.head);
  const journal = file('carol.csstate', encodeApproverState(story.journal('carol')));
  const args = ['verify', bundle, '--root', root, '--head', head, '--journal', journal];
  const answer = audit(...args, '--json');
  expect(answer.status, answer.stderr).toBe(0);
  expect(json(answer)).toMatchObject({
    schema_version: 1,
    exit_code: 0,
    code: 'ledger/verified',
    size: story.ledger.size,
    heads: 1,
    journals: 1,
    requests: { executed: 2 },
  });
  expect(audit(...args).stdout).toContain(`verified: ${story.ledger.size} entries`);
});

test('a changed ledger ends with 10 and the first bad entry', () => {
  const bytes = story.bundle();
  const at = Buffer.from(bytes).indexOf('no longer needed');
  bytes[at] = 0x58;
  const answer = audit('verify', file('bad.csledger', bytes), '--root', root, '--json');
  expect(answer.status).toBe(10);
  expect(json(answer)).toMatchObject({ exit_code: 10, code: 'ledger/body-mismatch', entry: 27 });
  const told = audit('verify', join(folder, 'bad.csledger'), '--root', root);
  expect(told.status).toBe(10);
  expect(told.stderr).toContain('entry 27');
  expect(told.stdout).toBe('');
});

test('a policy of another text than its digest ends with 10', () => {
  const lying = new Story().begin();
  lying.note('policy', { digest: lying.policyDigest, files: [['policy.yaml', 'anything goes']] });
  const answer = audit('verify', file('policy.csledger', lying.bundle()), '--root', root, '--json');
  expect(json(answer)).toMatchObject({ exit_code: 10, code: 'ledger/policy-mismatch', entry: 3 });
});

test('a ledger shorter than a kept head ends with 10', () => {
  const head = file('late.note', story.head);
  const answer = audit(
    'verify',
    file('early.csledger', early.bundle()),
    '--root',
    root,
    '--head',
    head,
    '--json',
  );
  expect(answer.status).toBe(10);
  expect(json(answer)).toMatchObject({ code: 'ledger/head-ahead' });
});

test('another root key ends with 10', () => {
  const other = file('other.pub', formatPublicKeyFile({ key: signerOf('mallory').publicKey, name: 'other' }));
  expect(json(audit('verify', bundle, '--root', other, '--json'))).toMatchObject({
    exit_code: 10,
    code: 'ledger/roster-invalid',
    entry: 1,
  });
});

test('entries are found by kind, person, key, time and target', () => {
  const count = (...args: readonly string[]): unknown =>
    json(audit('query', bundle, '--json', ...args))['count'];
  expect(count()).toBe(story.ledger.size);
  expect(count('--kind', 'decision', '--by', 'carol')).toBe(4);
  expect(count('--by', 'executor', '--kind', 'genesis')).toBe(1);
  expect(count('--target', 'shop', '--kind', 'submission')).toBe(11);
  expect(count('--target', 'nowhere')).toBe(0);
  expect(count('--until', '1990-01-01T00:00:00Z')).toBe(0);
  expect(count('--since', '1990-01-01T00:00:00Z', '--root', root)).toBe(story.ledger.size);
  expect(audit('query', bundle, '--kind', 'nonsense').status).toBe(2);
});

test('a query gives comma-separated values that no spreadsheet runs', () => {
  const risky = new Story().begin();
  risky.note('operator', { person: 'alice', verb: '=cmd()', text: 'a "quoted", thing' });
  const answer = audit('query', file('risky.csledger', risky.bundle()), '--kind', 'operator', '--csv');
  const [head, row] = answer.stdout.split('\r\n');
  expect(head).toBe('index,made_at,type,request_id,target,by,key,detail');
  expect(row).toMatch(/,operator,,,alice,,"'=cmd\(\) a ""quoted"", thing"$/);
  expect(answer.stderr).toContain('without --root');
});

test('one request is extracted and verifies alone', () => {
  const [first] = story.cases;
  if (first === undefined) throw new Error('no case');
  const out = join(folder, 'one.csevidence');
  const answer = audit('extract', bundle, idText(first).slice(0, 8), '--out', out, '--root', root, '--json');
  expect(answer.status, answer.stderr).toBe(0);
  expect(json(audit('verify', out, '--root', root, '--json'))).toMatchObject({
    exit_code: 0,
    code: 'evidence/verified',
    state: 'executed',
    request_id: toHex(first.id),
  });
  const spoiled = readFileSync(out);
  spoiled[spoiled.length - 1] = (spoiled.at(-1) ?? 0) ^ 1;
  expect(audit('verify', file('spoiled.csevidence', spoiled), '--root', root).status).toBe(10);
  expect(audit('extract', bundle, 'ffffffff', '--out', out).status).toBe(1);
  expect(audit('extract', bundle, 'xyz', '--out', out).status).toBe(2);
});

test('a receipt whose rows were not compared is told, in a ledger and alone', () => {
  const within = effectOf(diffOf([renamed(1, 6), renamed(2, 7), renamed(3, 8)]));
  const told = new Story().begin();
  const first = tolerant(told, mayDrift);
  const compared = told.receipt(first, { effect: within });
  const cutOff = tolerant(told, fewerRows);
  const none = told.receipt(cutOff, { effect: null });
  const large = tolerant(told, mayDrift);
  const uncompared = told.receipt(large, { effect: withoutRows(within) });
  told.run();
  const path = file('open.csledger', told.bundle());
  const listed = [
    { request_id: idText(cutOff), index: none.index, rows: null },
    { request_id: idText(large), index: uncompared.index, rows: 3 },
  ];
  expect(json(audit('verify', path, '--root', root, '--json'))['rows_not_known']).toEqual(listed);
  const lines = audit('verify', path, '--root', root).stdout;
  expect(lines).toContain(`receipt of request ${idText(cutOff)}: it states none`);
  expect(lines).toContain('it states 3, not compared with the signed ones');
  const alone = join(folder, 'open.csevidence');
  expect(audit('extract', path, idText(large), '--out', alone, '--root', root).status).toBe(0);
  expect(json(audit('verify', alone, '--root', root, '--json'))['rows_not_known']).toEqual(listed.slice(1));
  // Nothing is known any more of rows that stand beside an erased submission.
  told.ledger.erase(3);
  const erased = json(audit('verify', file('erased.csledger', told.bundle()), '--root', root, '--json'));
  expect(erased['rows_not_known']).toEqual([
    { request_id: idText(first), index: compared.index, rows: 3 },
    ...listed,
  ]);
});

test('an emergency is told as long as one record says so', () => {
  const emergency = emergencyStory();
  const told = (): unknown =>
    json(audit('verify', file('emergency.csledger', emergency.bundle()), '--root', root, '--json'))[
      'emergencies'
    ];
  const [{ id } = { id: new Uint8Array() }] = emergency.cases;
  const known = { request_id: toHex(id), state: 'executed' };
  expect(told()).toMatchObject([{ ...known, target: 'shop', by: 'alice', persons: 1 }]);
  emergency.ledger.erase(3);
  expect(told()).toMatchObject([{ ...known, target: 'shop', reason: '', persons: 1 }]);
  emergency.ledger.erase(5);
  expect(told()).toMatchObject([{ ...known, target: '', reason: '' }]);
  expect(audit('verify', join(folder, 'emergency.csledger'), '--root', root).stdout).toContain(
    `emergency: ${toHex(id)} on (erased), declared `,
  );
  emergency.ledger.erase(8);
  expect(told()).toEqual([]);
});

test('it runs where nothing may be opened but files for reading', () => {
  // The permission model lets it start no process or worker, load no native addon and write no file.
  const args = ['--permission', '--allow-fs-read=*', main, 'verify', bundle, '--root', root];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toContain('verified');
});

test('nothing it imports opens a socket or a database', () => {
  const preload = file(
    'list.mjs',
    `import { registerHooks } from 'node:module';
     registerHooks({ resolve(specifier, context, next) {
       const found = next(specifier, context);
       if (!(context.parentURL ?? '').endsWith('list.mjs')) process.stderr.write(found.url + '\\n');
       return found;
     } });`,
  );
  const answer = spawnSync(process.execPath, ['--import', preload, main, 'verify', bundle, '--root', root], {
    encoding: 'utf8',
  });
  expect(answer.status).toBe(0);
  const loaded = answer.stderr.split('\n');
  expect(loaded).toContain('node:crypto');
  const forbidden =
    /^node:(net|http|https|http2|dgram|tls|dns|sqlite|inspector|cluster)|node_modules\/(?:better-sqlite3|pg|mysql2?|mariadb)\//;
  expect(loaded.filter((url) => forbidden.test(url))).toEqual([]);
});
