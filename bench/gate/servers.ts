import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  readonly gatePid: number;
  readonly postgresPid: number;
  /** Address of the bare gate. */
  readonly bareUrl: string;
  /** Ends the gate as a service manager would; everything else ends with this process, however it ends. */
  readonly stop: () => Promise<void>;
}

const pgbouncer = '/usr/sbin/pgbouncer';
const program = join(import.meta.dirname, '..', '..', 'apps', 'executor', 'src', 'main.ts');
const bareGate = join(import.meta.dirname, 'bare-gate.ts');
const passwords = { OWNER: 'owner', READER: 'reader' };

/** The rows that the benchmark reads from. */
export const tableRows = 10_000;

/**
 * Starts all of them. They end with this process, also when it is interrupted or fails.
 * @throws when pgbouncer is not installed
 */
export async function startServers(): Promise<Servers> {
  if (!existsSync(pgbouncer))
    throw new Error('pgbouncer is not installed: apt-get install pgbouncer, and run this again');
  const atEnd = endWithProcess();
  const postgres = startPostgres({ tcp: true, settings: ['max_connections=400'] });
  atEnd(() => {
    postgres.stop();
  });
  await fill(postgres);
  const bouncerPort = await startBouncer(postgres, atEnd);
  atEnd(removeLabs);
  const lab = await makeLab(postgres);
  const bare = spawn(process.execPath, [bareGate, String(postgres.port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  atEnd(() => bare.kill());
  const barePort = await firstLine(bare);
  const gate = await startGate(lab, atEnd);
  return {
    postgres,
    bouncerPort,
    lab,
    url: gate.url,
    gatePid: gate.child.pid ?? 0,
    postgresPid: Number(readFileSync(join(postgres.dataFolder, 'postmaster.pid'), 'utf8').split('\n')[0]),
    bareUrl: `http://127.0.0.1:${barePort}/`,
    stop: async () => {
      const ended = new Promise((resolve) => gate.child.once('close', resolve));
      gate.child.kill('SIGTERM');
      await ended;
    },
  };
}

type AtEnd = (undo: () => void) => void;

/** Returns what takes something to be undone when this process ends, the last first. */
function endWithProcess(): AtEnd {
  const all: (() => void)[] = [];
  process.once('exit', () => {
    for (const undo of all.toReversed()) undo();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(130));
  return (undo) => {
    all.push(undo);
  };
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) return '';
  for await (const chunk of stdout) return String(chunk).trim();
  throw new Error('the bare gate did not start');
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
async function startBouncer(postgres: PostgresServer, atEnd: AtEnd): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bouncer-'));
  atEnd(() => {
    rmSync(folder, { recursive: true, force: true });
  });
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
  atEnd(() => child.kill());
  await sleep(500);
  requireAnswer(child.exitCode === null, 'pgbouncer did not start');
  return port;
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

async function startGate(
  lab: Lab,
  atEnd: AtEnd,
): Promise<{ readonly url: string; readonly child: ChildProcess }> {
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
  atEnd(() => child.kill());
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
