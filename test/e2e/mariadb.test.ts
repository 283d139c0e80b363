import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMariadb } from '../servers/mariadb.ts';
import type { MariadbServer } from '../servers/mariadb.ts';

const main = join(import.meta.dirname, '..', '..', 'apps', 'executor', 'src', 'main.ts');

type Document = Readonly<Record<string, unknown>>;

let directory: string;
let server: MariadbServer;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-mariadb-road-'));
  server = await startMariadb();
  server.sql(
    `CREATE DATABASE shop; CREATE USER owner@localhost IDENTIFIED BY 'hunter2'; GRANT CREATE USER ON *.* TO owner@localhost;
     GRANT ALL ON shop.* TO owner@localhost WITH GRANT OPTION; USE shop;
     CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(9)); INSERT INTO t VALUES (1, 'one'), (2, NULL)`,
  );
  server.sql('CREATE FUNCTION f() RETURNS INT RETURN 1', 'shop');
}, 90_000);

afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

const outputs: string[] = [];

function run(parameters: readonly string[], exitCode: number): Document {
  const said = spawnSync(process.execPath, [main, ...parameters, '--home', 'online', '--json'], {
    cwd: directory,
    encoding: 'utf8',
    env: {
      HOME: directory,
      PATH: process.env['PATH'] ?? '',
      SHOP_PASSWORD: 'hunter2',
      READ_PASSWORD: 'hunter3',
    },
  });
  outputs.push(said.stdout, said.stderr);
  expect(said.status, `${parameters.join(' ')}\n${said.stdout}${said.stderr}`).toBe(exitCode);
  return JSON.parse(said.stdout) as Document;
}

const submit = (text: string, exitCode: number): Document =>
  run(['submit', '-t', 'shop', text, '--reason', 'a look'], exitCode);

describe('a target on MariaDB', { timeout: 400_000 }, () => {
  it('is prepared, checked and read', () => {
    run(['init', '--demo'], 0);
    const path = join(directory, 'online', 'countersign.yaml');
    const url = (user: string): string => `mariadb://${user}@/shop?socket=${server.socket}`;
    const setting = `targets:\n  shop:\n    url: ${url('owner')}\n    password: env:SHOP_PASSWORD\n    read_url: ${url('reader')}\n    read_password: env:READ_PASSWORD\n`;
    writeFileSync(path, readFileSync(path, 'utf8').replace('targets:\n', setting));
    run(['target', 'prepare', 'shop'], 0);
    expect(run(['target', 'check', 'shop'], 0)).toMatchObject({ code: 'target/ready' });
    const read = submit("SELECT a, b FROM t WHERE b = 'one'; SELECT 'x;y' AS z", 0);
    expect(read).toMatchObject({ state: 'ran' });
    expect(JSON.stringify(read['results'])).toContain('x;y');
  });

  it('runs no function that people made, and changes nothing', () => {
    expect(submit('SELECT f() FROM t', 3)).toMatchObject({ state: 'denied' });
    expect(submit('/*!50000 DELETE FROM t */', 3)).toMatchObject({ state: 'denied' });
    expect(submit("UPDATE t SET b = 'x' WHERE a = 1", 1)).toMatchObject({ code: 'target/reads-only' });
    expect(server.sql('SELECT * FROM t', 'shop')).toBe('1\tone\n2\tNULL\n');
    expect(outputs.join('')).not.toMatch(/hunter[23]/);
  });
});
