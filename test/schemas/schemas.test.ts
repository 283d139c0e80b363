import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const repository = join(import.meta.dirname, '..', '..');
const program = join(repository, 'apps', 'executor', 'src', 'main.ts');
const approver = join(repository, 'apps', 'approver', 'src', 'main.ts');
const directory = mkdtempSync(join(tmpdir(), 'countersign-schemas-'));
const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false });
const used = new Set<string>();
/** Words of the cases below that stand for something made beforehand. */
const names = new Map<string, string>();
let approved = '';
let drifting = '';
let tolerated = '';

afterAll(() => rmSync(directory, { recursive: true }));

type Document = Readonly<Record<string, unknown>>;

function start(file: string, argv: readonly string[]): { stdout: string; status: number | null } {
  return spawnSync(process.execPath, [file, ...argv], {
    cwd: directory,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      HOME: directory,
      XDG_CACHE_HOME: join(repository, 'node_modules', '.cache'),
      COUNTERSIGN_PASSPHRASE: 'countersign-demo',
    },
  });
}

function call(...argv: readonly string[]): { document: Document; status: number | null } {
  const { status, stdout } = start(program, [...argv, '--json']);
  return { document: JSON.parse(stdout) as Document, status };
}

/** Runs a command and returns what its document breaks of the schema. */
function complaints(schema: string, argv: readonly string[]): unknown {
  used.add(`${schema}.json`);
  const { document, status } = call(...argv);
  const validate = ajv.compile(
    JSON.parse(readFileSync(join(import.meta.dirname, `${schema}.json`), 'utf8')) as object,
  );
  ajv.removeSchema();
  expect(document['exit_code']).toBe(status);
  return validate(document) ? [] : { errors: validate.errors, document };
}

beforeAll(() => {
  expect(call('init', '--demo').status).toBe(0);
  const policy = join(directory, '.countersign', 'policy', 'main.yaml');
  const obligations = '{ may_drift: [main.orders.total_cents], fewer_rows: true }';
  const rule = `
  - name: orders-may-be-fewer
    when: '"main.orders" in facts.writes'
    require: { dba: 1 }
    obligations: ${obligations}
`;
  const scopes = 'scopes: [{ who: { kinds: [human] }, break_glass: true }]\n';
  writeFileSync(policy, readFileSync(policy, 'utf8') + rule + scopes);
  const changes = join(directory, '.countersign', 'policy', 'changes.yaml');
  const silent = readFileSync(changes, 'utf8');
  writeFileSync(
    changes,
    silent.replace('diff.rows > 1\n', `diff.rows > 1\n    obligations: ${obligations}\n`),
  );
  const sql = "UPDATE customers SET tier = 'gold' WHERE id = 1";
  const first = call('submit', sql, '--reason', 'loyalty campaign').document;
  const emergency = call('submit', sql, '--reason', 'the shop is down', '--break-glass').document;
  names.set('EMERGENCY', String(emergency['request_id']));
  names.set('PENDING', String(first['request_id']));
  names.set('IN-FORCE', String((first['verdict'] as Document)['policy_digest']));
  approved = String(call('submit', sql, '--reason', 'loyalty campaign').document['request_id']);
  names.set('APPROVED', approved);
  const several = "UPDATE customers SET tier = 'x' WHERE id IN (4, 5)";
  drifting = String(call('submit', several, '--reason', 'two customers').document['request_id']);
  names.set('DRIFTING', drifting);
  const orders = "UPDATE orders SET status = 'z' WHERE customer_id = 4";
  tolerated = String(call('submit', orders, '--reason', 'two orders').document['request_id']);
  names.set('TOLERATED', tolerated);
  for (const name of ['ada', 'ben']) approve(name);
  using target = new DatabaseSync(join(directory, '.countersign', 'demo.db'));
  target.exec(
    "UPDATE customers SET tier = 'y' WHERE id = 5; UPDATE orders SET total_cents = 1 WHERE id = 104",
  );
  makePolicy('failing', 'deny');
  makePolicy('untested', 'allow');
  writeFileSync(join(directory, 'roster.yaml'), start(program, ['roster', 'show', '--yaml']).stdout);
}, 240_000);

/** A policy beside the home, with one case that expects this of a read: it is allowed. */
function makePolicy(name: string, decision: string): void {
  mkdirSync(join(directory, name));
  writeFileSync(
    join(directory, name, 'main.yaml'),
    `version: 1
default: { require: { dba: 1 } }
rules:
  - { name: reads, when: facts.read_only, allow: true }
  - { name: closed, when: diff.rows > 9, deny: closed }
  - { name: twice, when: diff.rows > 9 && facts.read_only, deny: closed }
`,
  );
  writeFileSync(
    join(directory, name, 'main.test.yaml'),
    `version: 1\ncases:\n  - { name: a read, given: { sql: SELECT 1 }, expect: { decision: ${decision} } }\n`,
  );
}

/** Has an approver of the demonstration approve the requests to be run, from a home of their own, and carries that in. */
function approve(name: string): void {
  const home = join(directory, name);
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(join(home, 'COUNTERSIGN-DEMO'), '');
  const keys = join(repository, 'keys.example');
  const key = join(keys, `${name}.cskey`);
  const made = [
    'init',
    '--root',
    join(keys, 'root.pub'),
    '--key',
    key,
    '--name',
    name,
    '--yes',
    '--home',
    home,
  ];
  expect(start(approver, made).status).toBe(0);
  for (const id of [approved, drifting, tolerated]) {
    call('export', id, '--file', `${id}.csreq`);
    const answer = `${name}-${id}.csdec`;
    expect(
      start(approver, ['approve', `${id}.csreq`, '--key', name, '--out', answer, '--home', home]).status,
    ).toBe(0);
    call('import', answer);
  }
}

describe('the documents of --json', () => {
  const cases: readonly (readonly [schema: string, argv: readonly string[]])[] = [
    ['show', ['run', 'TOLERATED']],
    ['diff', ['diff', 'TOLERATED', '--as-run']],
    ['submit', ['submit', 'SELECT 1', '--reason', 'reading']],
    ['submit', ['submit', 'DELETE FROM orders', '--reason', 'clean up']],
    ['submit', ['submit', "UPDATE customers SET tier = 'x' WHERE id = 2", '--reason', 'one customer']],
    ['submit', ['submit', 'SELECT 1', '--reason', 'reading', '--break-glass']],
    [
      'submit',
      ['submit', "UPDATE customers SET tier = 'x' WHERE id = 2", '--reason', 'a customer', '--break-glass'],
    ],
    ['error', ['submit', 'SELECT 1']],
    ['error', ['bogus']],
    ['error', ['submit', 'SELECT 1', '--reason', 'no such key', '--as', 'nobody']],
    ['classify', ['classify', join(repository, 'package.json')]],
    ['list', ['list']],
    ['show', ['show', 'PENDING']],
    ['show', ['show', 'EMERGENCY']],
    ['diff', ['diff', 'PENDING']],
    ['export', ['export', 'PENDING']],
    ['import', ['import', join(repository, 'package.json')]],
    ['policy-explain', ['policy', 'explain', 'DELETE FROM orders']],
    ['policy-check', ['policy', 'check']],
    ['policy-check', ['policy', 'check', '--dir', 'untested']],
    ['policy-test', ['policy', 'test']],
    ['policy-test', ['policy', 'test', '--dir', 'failing']],
    ['policy-test', ['policy', 'test', '--mutate']],
    ['policy-test', ['policy', 'test', '--mutate', '--dir', 'untested']],
    ['policy-replay', ['policy', 'test', '--replay']],
    ['policy-replay', ['policy', 'test', '--replay', '--dir', 'untested']],
    ['policy-format', ['policy', 'format', '--check']],
    ['policy-format', ['policy', 'format', '--dir', 'untested']],
    ['policy-diff', ['policy', 'diff', 'IN-FORCE', 'untested']],
    ['policy-list', ['policy', 'list']],
    ['policy-restore', ['policy', 'restore', 'IN-FORCE']],
    ['doctor', ['doctor']],
    ['key', ['key', 'generate', 'ada', '--no-passphrase']],
    ['key', ['key', 'show', join(repository, 'keys.example', 'ada.cspub')]],
    ['roster-show', ['roster', 'show']],
    ['target-list', ['target', 'list']],
    ['ledger-head', ['ledger', 'head']],
    ['ledger-show', ['ledger', 'show', 'PENDING']],
    ['init', ['init', '--demo', '--home', 'another']],
    [
      'submit-dry-run',
      ['submit', "UPDATE customers SET tier = 'x' WHERE id = 2", '--reason', 'a look', '--dry-run'],
    ],
    ['target-check', ['target', 'check', 'demo']],
    ['target-prepare', ['target', 'prepare', 'demo']],
    ['target-preparation', ['target', 'prepare', 'demo', '--print']],
    ['roster-change', ['roster', 'propose', 'roster.yaml']],
    ['error', ['roster', 'install', 'next.csroster']],
    ['show', ['wait', 'PENDING', '--timeout', '1s']],
    ['error', ['run', 'PENDING']],
    ['show', ['run', 'APPROVED']],
    ['error', ['run', 'APPROVED']],
    ['show', ['run', 'DRIFTING']],
    ['show', ['show', 'DRIFTING']],
    ['submit', ['submit', '--again', 'DRIFTING']],
    ['error', ['resolve', 'APPROVED', '--outcome', 'ran', '--reason', 'looked']],
    ['submit', ['undo', 'APPROVED']],
    ['show', ['withdraw', 'PENDING']],
    ['ledger-export', ['ledger', 'export']],
    ['ledger-verify', ['ledger', 'verify']],
  ];
  test.each(cases)('%s: %j', (schema, argv) => {
    expect(
      complaints(
        schema,
        argv.map((word) => names.get(word) ?? word),
      ),
    ).toEqual([]);
  });

  test('every schema was used', () => {
    expect([...used].sort()).toEqual(
      readdirSync(import.meta.dirname)
        .filter((name) => name.endsWith('.json'))
        .sort(),
    );
  });
});
