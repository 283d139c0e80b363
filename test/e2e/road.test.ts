import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const programs = {
  countersign: join(root, 'apps', 'executor', 'src', 'main.ts'),
  'countersign-approver': join(root, 'apps', 'approver', 'src', 'main.ts'),
  'countersign-audit': join(root, 'apps', 'auditor', 'src', 'main.ts'),
} as const;

type Document = Readonly<Record<string, unknown>>;

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-road-'));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function at(...parts: readonly string[]): string {
  return join(directory, ...parts);
}

/** Runs one of the three programs as a process of its own and returns the one JSON document it answers with. */
function run(program: keyof typeof programs, parameters: readonly string[], exitCode: number): Document {
  const environment = {
    HOME: directory,
    PATH: process.env['PATH'] ?? '',
    COUNTERSIGN_PASSPHRASE: 'countersign-demo',
  };
  const said = spawnSync(process.execPath, [programs[program], ...parameters, '--json'], {
    cwd: directory,
    encoding: 'utf8',
    env: environment,
  });
  expect(said.status, `${program} ${parameters.join(' ')}\n${said.stdout}${said.stderr}`).toBe(exitCode);
  const document = JSON.parse(said.stdout) as Document;
  expect(document).toMatchObject({ schema_version: 1, exit_code: exitCode });
  return document;
}

const online = (parameters: readonly string[], exitCode = 0): Document =>
  run('countersign', [...parameters, '--home', 'online'], exitCode);
const offline = (name: string, parameters: readonly string[], exitCode = 0): Document =>
  run('countersign-approver', [...parameters, '--home', join('offline', name)], exitCode);
const submit = (sql: string, exitCode: number): Document =>
  online(['submit', sql, '--reason', 'the whole road, ticket 1'], exitCode);

/** Whatever rows a read returns, as text. */
const rowsOf = (document: Document): string => JSON.stringify(document);

// Thirty programs are started one after the other; on a busy machine each takes seconds.
describe('the whole road, by the programs that people start', { timeout: 120_000 }, () => {
  let pending: Document;
  const id = (): string => String(pending['request_id']);

  it('begins with an executor and two approvers, who share nothing but a root file', () => {
    online(['init', '--demo']);
    for (const name of ['ada', 'ben']) {
      mkdirSync(at('offline', name), { recursive: true, mode: 0o700 });
      writeFileSync(at('offline', name, 'COUNTERSIGN-DEMO'), '');
      const example = (file: string): string => join(root, 'keys.example', file);
      offline(name, ['init', '--root', example('root.pub'), '--key', example(`${name}.cskey`), '--yes']);
      expect(readdirSync(at('offline', name)).toSorted()).toEqual(
        expect.arrayContaining([`${name}.cskey`, 'root.pub']),
      );
    }
  });

  it('runs a read, denies a change without WHERE, and holds an update back', () => {
    const read = submit("SELECT name, tier FROM customers WHERE city = 'Leeds'", 0);
    expect(rowsOf(read)).toContain('Amara Okafor');
    expect(submit('DELETE FROM orders', 3)).toMatchObject({ state: 'denied' });
    pending = submit("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'", 8);
    expect(pending).toMatchObject({ code: 'request/pending', state: 'pending' });
    expect(rowsOf(submit("SELECT tier FROM customers WHERE city = 'Leeds'", 0))).not.toContain('gold');
  });

  it('goes to Ada as a file and comes back as one', () => {
    online(['export', id(), '--file', 'request.csreq']);
    const seen = offline('ada', ['review', 'request.csreq']);
    expect(seen).toMatchObject({ request_id: id(), words: pending['words'], digest: pending['digest'] });
    const signed = offline('ada', ['approve', 'request.csreq', '--key', 'ada', '--out', 'ada.csdec']);
    expect(signed).toMatchObject({ code: 'decision/signed', choice: 'approve', decisions: 1 });
    online(['import', 'ada.csdec']);
    expect(online(['run', id()], 8)).toMatchObject({ exit_code: 8 });
  });

  it('goes to Ben as pictures of codes and comes back as one', () => {
    mkdirSync(at('out'));
    online(['export', id(), '--png', join('out', 'request.png')]);
    const signed = offline('ben', ['approve', 'out', '--key', 'ben', '--png', 'ben.png']);
    expect(signed).toMatchObject({ code: 'decision/signed', codes: 1 });
    expect(JSON.stringify(signed['earlier'])).toContain('ada');
    online(['import', 'ben.png']);
    expect(online(['show', id()])).toMatchObject({ state: 'approved' });
  });

  it('runs exactly once', () => {
    online(['run', id()]);
    const read = rowsOf(submit("SELECT tier FROM customers WHERE city = 'Leeds'", 0));
    expect(read.match(/gold/g)).toHaveLength(3);
    online(['run', id()], 1);
    online(['import', 'ada.csdec', 'ben.png']);
  });

  it('is whole for an auditor, and for one with the journals of the approvers', () => {
    online(['ledger', 'export', '--out', 'record.csledger']);
    const verify = ['verify', 'record.csledger', '--root', join('online', 'root.pub')];
    expect(run('countersign-audit', verify, 0)).toMatchObject({ code: 'ledger/verified' });
    for (const name of ['ada', 'ben']) offline(name, ['journal', 'export', '--out', at(`${name}.csstate`)]);
    const journals = ['--journal', 'ada.csstate', '--journal', 'ben.csstate'];
    expect(run('countersign-audit', [...verify, ...journals], 0)).toMatchObject({ journals: 2 });
  });

  it('shows a decision that never arrived, when its journal is at hand', () => {
    const next = submit("UPDATE customers SET tier = 'basic' WHERE city = 'Leeds'", 8);
    online(['export', String(next['request_id']), '--file', 'next.csreq']);
    offline('ada', ['deny', 'next.csreq', '--key', 'ada', '--note', 'no', '--out', 'lost.csdec']);
    online(['ledger', 'export', '--out', 'later.csledger']);
    const verify = ['verify', 'later.csledger', '--root', join('online', 'root.pub')];
    const journal = join('offline', 'ada', 'ada.csstate');
    expect(run('countersign-audit', [...verify, '--journal', journal], 10)).toMatchObject({
      code: 'ledger/journal-decision-missing',
    });
    online(['import', 'lost.csdec'], 5);
    expect(online(['show', String(next['request_id'])])).toMatchObject({ state: 'rejected' });
    expect(existsSync(at('offline', 'ada', 'ada.lock'))).toBe(false);
  });
});
