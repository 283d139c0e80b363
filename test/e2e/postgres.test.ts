import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from '../servers/postgres.ts';
import type { PostgresServer } from '../servers/postgres.ts';

const main = join(import.meta.dirname, '..', '..', 'apps', 'executor', 'src', 'main.ts');

type Document = Readonly<Record<string, unknown>>;

let directory: string;
let server: PostgresServer;

async function sql(text: string, database = 'shop', role = 'owner'): Promise<string> {
  const session = await server.open(database, role);
  const { rows, error } = await session.query(text);
  session.close();
  if (error !== undefined) throw new Error(error);
  return JSON.stringify(rows);
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-postgres-road-'));
  server = startPostgres({ tcp: true });
  await sql("CREATE ROLE owner LOGIN CREATEROLE PASSWORD 'hunter2'", 'postgres', 'postgres');
  await sql('CREATE DATABASE shop OWNER owner', 'postgres', 'postgres');
  await sql('CREATE TABLE t (a int PRIMARY KEY, b text)');
  await sql("INSERT INTO t VALUES (1, 'one'), (2, NULL)");
  await sql(`CREATE FUNCTION f(t) RETURNS int LANGUAGE sql SECURITY DEFINER AS $$DELETE FROM t; SELECT 1$$`);
  await sql('CREATE CAST (t AS int) WITH FUNCTION f(t) AS IMPLICIT');
}, 60_000);

afterAll(() => {
  server.stop();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

const outputs: string[] = [];

function run(parameters: readonly string[], exitCode: number): Document {
  const said = spawnSync(process.execPath, [main, ...parameters, '--home', 'online', '--json'], {
    cwd: directory,
    encoding: 'utf8',
    env: { HOME: directory, PATH: process.env['PATH'] ?? '', SHOP_PASSWORD: 'hunter2' },
  });
  outputs.push(said.stdout, said.stderr);
  expect(said.status, `${parameters.join(' ')}\n${said.stdout}${said.stderr}`).toBe(exitCode);
  return JSON.parse(said.stdout) as Document;
}

function approver(parameters: readonly string[]): void {
  const program = join(import.meta.dirname, '..', '..', 'apps', 'approver', 'src', 'main.ts');
  const said = spawnSync(process.execPath, [program, ...parameters, '--home', 'offline', '--json'], {
    cwd: directory,
    encoding: 'utf8',
    env: { HOME: directory, PATH: process.env['PATH'] ?? '', COUNTERSIGN_PASSPHRASE: 'countersign-demo' },
  });
  expect(said.status, `${parameters.join(' ')}\n${said.stdout}${said.stderr}`).toBe(0);
}

const submit = (text: string, exitCode: number): Document =>
  run(['submit', '-t', 'shop', text, '--reason', 'a look'], exitCode);

describe('a target on PostgreSQL', { timeout: 400_000 }, () => {
  it('is named with its accounts, prepared and checked', () => {
    run(['init', '--demo'], 0);
    writeFileSync(join(directory, 'online', 'reader.password'), 'hunter3\n', { mode: 0o600 });
    const path = join(directory, 'online', 'countersign.yaml');
    const url = (role: string): string => `postgres://${role}@127.0.0.1:${server.port}/shop`;
    const setting = `targets:\n  shop:\n    url: ${url('owner')}\n    password: env:SHOP_PASSWORD\n    read_url: ${url('reader')}\n    read_password: file:reader.password\n`;
    writeFileSync(path, readFileSync(path, 'utf8').replace('targets:\n', setting));
    expect(run(['target', 'check', 'shop'], 1)).toMatchObject({ code: 'target/unreachable' });
    expect(run(['target', 'prepare', 'shop', '--print'], 0)['steps']).toHaveLength(11);
    run(['target', 'prepare', 'shop'], 0);
    expect(run(['target', 'check', 'shop'], 0)).toMatchObject({
      code: 'target/ready',
      read_url: url('reader'),
    });
    expect(run(['target', 'list'], 0)['targets']).toHaveLength(2);
  });

  it('answers a read that the policy allows, split as the engine splits it', () => {
    const read = submit('SELECT a, b FROM t WHERE b IS NOT NULL; SELECT $$;$$ AS x;', 0);
    expect(read).toMatchObject({ state: 'ran', code: 'request/ran' });
    expect(JSON.stringify(read['results'])).toContain('one');
    expect(read['results']).toHaveLength(2);
  });

  it('does not take for a read what only the engine can see to be none', async () => {
    const denied = submit('SELECT abs(t) FROM t', 3);
    expect(denied).toMatchObject({ state: 'denied', facts: { read_only: false, effect: 'unknown' } });
    expect(await sql('SELECT count(*) FROM t')).toBe('[["2"]]');
  });

  it('refuses what the account for reads must not be able to do', async () => {
    await sql('GRANT DELETE ON t TO reader');
    expect(run(['target', 'check', 'shop'], 1)).toMatchObject({ code: 'target/account-writes' });
    expect(submit('SELECT 1', 1)).toMatchObject({ code: 'target/account-writes' });
    const findings = run(['doctor'], 2)['findings'];
    expect(JSON.stringify(findings)).toContain('target/account-writes');
    await sql('REVOKE DELETE ON t FROM reader');
  });

  it('carries a change to an approver and runs it once, if it is still the one that was signed', async () => {
    const pending = submit("UPDATE t SET b = 'two' WHERE a = 2", 8);
    const id = String(pending['request_id']);
    expect(pending).toMatchObject({
      diff: { tables: [{ table: 'public.t', inserted: 0, updated: 1, deleted: 0 }] },
    });
    const drifting = submit("UPDATE t SET b = 'uno' WHERE a = 1", 8);
    const offline = join(directory, 'offline');
    mkdirSync(offline, { mode: 0o700 });
    writeFileSync(join(offline, 'COUNTERSIGN-DEMO'), '');
    const keys = join(import.meta.dirname, '..', '..', 'keys.example');
    approver(['init', '--root', join(keys, 'root.pub'), '--key', join(keys, 'ada.cskey'), '--yes']);
    for (const one of [id, String(drifting['request_id'])]) {
      run(['export', one, '--file', `${one}.csreq`], 0);
      approver(['approve', `${one}.csreq`, '--key', 'ada', '--out', `${one}.csdec`]);
      run(['import', `${one}.csdec`], 0);
    }
    await sql("UPDATE t SET b = 'other' WHERE a = 1");
    run(['run', String(drifting['request_id'])], 9);
    run(['run', id], 0);
    expect(await sql('SELECT * FROM t ORDER BY a')).toBe('[["1","other"],["2","two"]]');
    run(['run', id], 1);
    const undo = run(['undo', id], 8);
    expect(undo).toMatchObject({ diff: { tables: [{ table: 'public.t', updated: 1 }] } });
  });

  it('says no password anywhere', () => {
    const files = readdirSync(join(directory, 'online'), { recursive: true, encoding: 'utf8' })
      .map((name) => join(directory, 'online', name))
      .filter((path) => statSync(path).isFile() && !path.endsWith('reader.password'));
    const all = [...outputs, ...files.map((path) => readFileSync(path, 'latin1'))].join('\n');
    expect(all).not.toMatch(/hunter[23]/);
  });
});
