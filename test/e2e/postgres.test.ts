import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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

/** What every program of the test runs with; what Node made of its files is kept, as starting them is most of the time. */
function environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const compiled = join(directory, 'compiled');
  return { HOME: directory, PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: compiled, ...more };
}

function run(parameters: readonly string[], exitCode: number): Document {
  const said = spawnSync(process.execPath, [main, ...parameters, '--home', 'online', '--json'], {
    cwd: directory,
    encoding: 'utf8',
    env: environment({ SHOP_PASSWORD: 'hunter2' }),
  });
  outputs.push(said.stdout, said.stderr);
  expect(said.status, `${parameters.join(' ')}\n${said.stdout}${said.stderr}`).toBe(exitCode);
  return JSON.parse(said.stdout) as Document;
}

function approver(parameters: readonly string[], home = 'offline'): string {
  const program = join(import.meta.dirname, '..', '..', 'apps', 'approver', 'src', 'main.ts');
  const said = spawnSync(process.execPath, [program, ...parameters, '--home', home, '--json'], {
    cwd: directory,
    encoding: 'utf8',
    env: environment({ COUNTERSIGN_PASSPHRASE: 'countersign-demo' }),
  });
  expect(said.status, `${parameters.join(' ')}\n${said.stdout}${said.stderr}`).toBe(0);
  return said.stdout;
}

/** Makes the machine of a person of the demonstration, unless there is one. */
function machine(person: string, home: string): void {
  const folder = join(directory, home);
  if (existsSync(folder)) return;
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, 'COUNTERSIGN-DEMO'), '');
  const keys = join(import.meta.dirname, '..', '..', 'keys.example');
  approver(['init', '--root', join(keys, 'root.pub'), '--key', join(keys, `${person}.cskey`), '--yes'], home);
}

/** What a person does beside approving. */
interface Approval {
  readonly rows?: string;
  /** Reads the request first; what was said is returned. */
  readonly reads?: true;
}

/** Carries a request to a person's machine, and their approval back. Returns what the person could read. */
function approve(id: string, person: string, home: string, { rows = '0', reads }: Approval = {}): string {
  machine(person, home);
  run(['export', id, '--file', `${id}.csreq`], 0);
  const said = reads === undefined ? '' : approver(['review', `${id}.csreq`], home);
  approver(['approve', `${id}.csreq`, '--key', person, '--confirm-rows', rows, '--out', `${id}.csdec`], home);
  run(['import', `${id}.csdec`], 0);
  return said;
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
    expect(run(['target', 'prepare', 'shop', '--print'], 0)['steps']).toHaveLength(12);
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
    machine('ada', 'offline');
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

  it('carries a change of the schema with what it locks and what goes with it', async () => {
    await sql("UPDATE t SET b = 'x'");
    // One approver is enough for anything, so that what is asked beyond it shows.
    for (const name of ['main.yaml', 'changes.yaml']) {
      const path = join(directory, 'online', 'policy', name);
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/dba: [23]/g, 'dba: 1'));
    }
    const pending = submit('ALTER TABLE t DROP COLUMN b', 8);
    const id = String(pending['request_id']);
    expect(pending).toMatchObject({
      diff: { tables: [{ table: 'public.t', updated: 2 }], schema: [{ object: 'table', name: 'public.t' }] },
    });
    await sql('CREATE INDEX late ON t (b)');
    approve(id, 'ada', 'offline', { rows: '2' });
    run(['run', id], 9);
    await sql('DROP INDEX late');
    const again = String(submit('ALTER TABLE t DROP COLUMN b', 8)['request_id']);
    const read = approve(again, 'ada', 'offline', { rows: '2', reads: true });
    for (const said of ['ACCESS EXCLUSIVE', 'nobody else can read or change it', 'columns dropped from '])
      expect(read).toContain(said);
    run(['run', again], 0);
    expect(await sql('SELECT * FROM t ORDER BY a')).toBe('[["1"],["2"]]');
    expect(run(['undo', again], 1)).toMatchObject({ code: 'undo/schema-changed' });
  });

  it('carries to an approver what only the engine can see, and says that it is more than the text shows', async () => {
    const path = join(directory, 'online', 'policy', 'main.yaml');
    const denied = /deny: nobody can say what this does.*/;
    writeFileSync(path, readFileSync(path, 'utf8').replace(denied, 'require: { dba: 1 }'));
    const pending = submit('SELECT abs(t) FROM t', 8);
    expect(pending).toMatchObject({
      facts: { effect: 'unknown' },
      diff: { tables: [{ table: 'public.t', deleted: 2 }] },
    });
    const id = String(pending['request_id']);
    expect(approve(id, 'ada', 'offline', { rows: '2', reads: true })).toContain('facts/graver');
    run(['run', id], 0);
    expect(await sql('SELECT count(*) FROM t')).toBe('[["0"]]');
  });

  it('asks one more approver for what cannot be tried, and sends it once', async () => {
    submit('VACUUM t', 3);
    const pending = submit('CREATE INDEX CONCURRENTLY i ON t (a)', 8);
    const id = String(pending['request_id']);
    expect(pending['verdict']).toMatchObject({ quorum: [{ role: 'dba', count: 2, step: 1 }] });
    expect(pending['diff']).toMatchObject({ tables: [], complete: false });
    const read = approve(id, 'ada', 'offline', { reads: true });
    expect(read).toContain('This could not be tried.');
    run(['run', id], 8);
    approve(id, 'ben', 'second');
    run(['run', id], 0);
    expect(await sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass")).toBe('[["t"]]');
    run(['run', id], 1);
    expect(run(['show', id], 0)).toMatchObject({ state: 'executed' });
    run(['ledger', 'verify'], 0);
  });

  it('leaves to a person what became of a statement whose answer was lost', async () => {
    const id = String(submit('DROP INDEX CONCURRENTLY i', 8)['request_id']);
    approve(id, 'ada', 'offline');
    approve(id, 'ben', 'second');
    // Its marker says that it was about to be sent, as after a power cut between that and its answer.
    const holder = await server.open('shop', 'owner');
    await holder.query('BEGIN; SELECT * FROM t');
    const running = spawn(process.execPath, [main, 'run', id, '--home', 'online', '--json'], {
      cwd: directory,
      env: environment({ SHOP_PASSWORD: 'hunter2' }),
    });
    const sent = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'DROP INDEX CONC%'";
    while ((await sql(sent, 'shop', 'postgres')) === '[]') await sleep(100);
    running.kill('SIGKILL');
    await once(running, 'exit');
    expect(run(['run', id], 1)).toMatchObject({ code: 'run/busy' });
    await sql(`SELECT pg_terminate_backend(pid, 5000) FROM (${sent}) AS s`, 'shop', 'postgres');
    holder.close();
    expect(run(['run', id], 11)).toMatchObject({ code: 'run/ambiguous' });
    expect(run(['run', id], 11)).toMatchObject({ code: 'run/ambiguous' });
    run(['resolve', id, '--outcome', 'did-not-run', '--reason', 'the index stands'], 0);
    run(['run', id], 1);
    run(['ledger', 'verify'], 0);
  });

  it('says no password anywhere', () => {
    const files = readdirSync(join(directory, 'online'), { recursive: true, encoding: 'utf8' })
      .map((name) => join(directory, 'online', name))
      .filter((path) => statSync(path).isFile() && !path.endsWith('reader.password'));
    const all = [...outputs, ...files.map((path) => readFileSync(path, 'latin1'))].join('\n');
    expect(all).not.toMatch(/hunter[23]/);
  });
});
