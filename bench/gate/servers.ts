import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lab, removeLabs } from '../../test/faults/lab.ts';
import { startPostgres, type PostgresServer } from '../../test/servers/postgres.ts';
import { requireAnswer } from '../benchmark.ts';

/** The gate with what it is compared to: all in front of, or inside, one private PostgreSQL. */
export interface Servers {
  readonly postgres: PostgresServer;
  readonly bouncerPort: number;
  readonly lab: Lab;
  /** Address of `countersign serve`, a process of its own. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const pgbouncer = '/usr/sbin/pgbouncer';
const program = join(import.meta.dirname, '..', '..', 'apps', 'executor', 'src', 'main.ts');
const passwords = { OWNER: 'owner', READER: 'reader' };

/** The rows that the benchmark reads from. */
export const tableRows = 10_000;

/** @throws when pgbouncer is not installed */
export async function startServers(): Promise<Servers> {
  if (!existsSync(pgbouncer))
    throw new Error('pgbouncer is not installed: apt-get install pgbouncer, and run this again');
  const postgres = startPostgres({ tcp: true, settings: ['max_connections=400'] });
  await fill(postgres);
  const bouncer = await startBouncer(postgres);
  const lab = await makeLab(postgres);
  const gate = await startGate(lab);
  return {
    postgres,
    bouncerPort: bouncer.port,
    lab,
    url: gate.url,
    stop: async () => {
      await end(gate.child);
      await end(bouncer.child);
      rmSync(bouncer.folder, { recursive: true });
      postgres.stop();
      removeLabs();
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await ended;
}

async function fill(postgres: PostgresServer): Promise<void> {
  const run = async (database: string, role: string, text: string): Promise<void> => {
    const session = await postgres.open(database, role);
    const { error } = await session.query(text);
    session.close();
    requireAnswer(error === undefined, `${error ?? ''}: ${text}`);
  };
  await run('postgres', 'postgres', "CREATE ROLE owner LOGIN PASSWORD 'owner'");
  await run('postgres', 'postgres', "CREATE ROLE reader LOGIN PASSWORD 'reader'");
  await run('postgres', 'postgres', 'CREATE DATABASE shop OWNER owner');
  await run('shop', 'owner', 'CREATE TABLE accounts (id integer PRIMARY KEY, owner text, balance integer)');
  await run(
    'shop',
    'owner',
    `INSERT INTO accounts SELECT i, 'owner ' || i, i * 7 FROM generate_series(1, ${tableRows}) AS i`,
  );
  await run('shop', 'owner', 'GRANT SELECT ON accounts TO reader');
  await run('shop', 'postgres', 'VACUUM ANALYZE accounts');
}

/** As an application would use it: a pool of 20 sessions, each handed out for one transaction. */
async function startBouncer(
  postgres: PostgresServer,
): Promise<{ readonly port: number; readonly child: ChildProcess; readonly folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bouncer-'));
  const port = freePort();
  writeFileSync(join(folder, 'users'), '"reader" "reader"\n');
  writeFileSync(
    join(folder, 'ini'),
    [
      '[databases]',
      `shop = host=127.0.0.1 port=${postgres.port} dbname=shop`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = scram-sha-256',
      `auth_file = ${join(folder, 'users')}`,
      'pool_mode = transaction',
      'default_pool_size = 20',
      'max_client_conn = 200',
      'log_connections = 0',
      'log_disconnections = 0',
    ].join('\n'),
  );
  execFileSync('chmod', ['-R', 'a+rX', folder]);
  chmodSync(folder, 0o755);
  const asRoot = process.getuid?.() === 0;
  const words = [pgbouncer, join(folder, 'ini')];
  const [file = '', ...rest] = asRoot ? ['runuser', '-u', 'postgres', '--', ...words] : words;
  const child = spawn(file, rest, { stdio: 'ignore', cwd: '/' });
  await sleep(500);
  requireAnswer(child.exitCode === null, 'pgbouncer did not start');
  return { port, child, folder };
}

function freePort(): number {
  const script =
    "const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})";
  return Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }));
}

async function makeLab(postgres: PostgresServer): Promise<Lab> {
  const lab = await Lab.make();
  const at = (role: string): string => `postgres://${role}@127.0.0.1:${postgres.port}/shop`;
  lab.configure(
    (text) =>
      `${text.replace(
        'targets:\n',
        `targets:\n  shop:\n    url: ${at('owner')}\n    password: env:OWNER\n    read_url: ${at('reader')}\n    read_password: env:READER\n`,
      )}\nserve:\n  rate: 100000\n  queue: 10000\n`,
  );
  const { exitCode, stderr } = await lab.spawn(['target', 'prepare', 'shop'], passwords);
  requireAnswer(exitCode === 0, `the target is not prepared: ${stderr}`);
  return lab;
}

async function startGate(lab: Lab): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const profile = process.env['GATE_PROFILE'];
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const child = spawn(
    process.execPath,
    [...flags, program, 'serve', '--listen', '127.0.0.1:0', '--home', lab.home],
    {
      cwd: lab.root,
      env: { HOME: lab.root, PATH: process.env['PATH'] ?? '', ...passwords },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let written = '';
  let url: string | undefined;
  child.stderr.on('data', (chunk: Buffer) => {
    if (url === undefined) written += chunk.toString();
    url ??= /"event":"listening","url":"([^"]+)"/.exec(written)?.[1];
  });
  while (url === undefined) {
    requireAnswer(child.exitCode === null, `serve ended: ${written}`);
    await sleep(20);
  }
  return { url, child };
}
