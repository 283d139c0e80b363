import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const repository = join(import.meta.dirname, '..', '..');
const program = join(repository, 'apps', 'executor', 'src', 'main.ts');
const directory = mkdtempSync(join(tmpdir(), 'countersign-schemas-'));
const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false });
const used = new Set<string>();
let pending = '';

afterAll(() => rmSync(directory, { recursive: true }));

type Document = Readonly<Record<string, unknown>>;

function call(...argv: readonly string[]): { document: Document; status: number | null } {
  const { status, stdout } = spawnSync(process.execPath, [program, ...argv, '--json'], {
    cwd: directory,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      HOME: directory,
      XDG_CACHE_HOME: join(repository, 'node_modules', '.cache'),
    },
  });
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
  const sql = "UPDATE customers SET tier = 'gold' WHERE id = 1";
  pending = String(call('submit', sql, '--reason', 'loyalty campaign').document['request_id']);
}, 60_000);

describe('the documents of --json', () => {
  const cases: readonly (readonly [schema: string, argv: readonly string[]])[] = [
    ['submit', ['submit', 'SELECT 1', '--reason', 'reading']],
    ['submit', ['submit', 'DELETE FROM orders', '--reason', 'clean up']],
    ['submit', ['submit', "UPDATE customers SET tier = 'x' WHERE id = 2", '--reason', 'one customer']],
    ['error', ['submit', 'SELECT 1']],
    ['error', ['bogus']],
    ['error', ['submit', 'SELECT 1', '--reason', 'no such key', '--as', 'nobody']],
    ['classify', ['classify', join(repository, 'package.json')]],
    ['list', ['list']],
    ['show', ['show', 'PENDING']],
    ['diff', ['diff', 'PENDING']],
    ['export', ['export', 'PENDING']],
    ['import', ['import', join(repository, 'package.json')]],
    ['policy-explain', ['policy', 'explain', 'DELETE FROM orders']],
    ['policy-check', ['policy', 'check']],
    ['doctor', ['doctor']],
    ['key', ['key', 'generate', 'ada', '--no-passphrase']],
    ['key', ['key', 'show', join(repository, 'keys.example', 'ada.cspub')]],
    ['roster-show', ['roster', 'show']],
    ['target-list', ['target', 'list']],
    ['ledger-head', ['ledger', 'head']],
    ['ledger-show', ['ledger', 'show', 'PENDING']],
  ];
  test.each(cases)('%s: %j', (schema, argv) => {
    expect(
      complaints(
        schema,
        argv.map((word) => (word === 'PENDING' ? pending : word)),
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
