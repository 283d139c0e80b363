import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SqlServer } from '../servers/daemon.ts';
import { sqlServers } from '../servers/sql-servers.ts';

const main = join(import.meta.dirname, '..', '..', 'apps', 'executor', 'src', 'main.ts');

type Document = Readonly<Record<string, unknown>>;

/** What docs/mariadb.md gives policies for stored texts. */
const stored = ['trigger', 'procedure', 'function']
  .map((kind) => `"create-${kind}" in facts.kinds`)
  .join(' || ');

describe.each(sqlServers)('a target on %s', { timeout: 400_000 }, (engine, startServer) => {
  let directory: string;
  let server: SqlServer;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'countersign-sql-road-'));
    server = await startServer();
    server.sql(
      `CREATE DATABASE shop; CREATE USER owner@localhost IDENTIFIED BY 'hunter2'; GRANT CREATE USER, PROCESS ON *.* TO owner@localhost;
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

  function approver(parameters: readonly string[], home = 'offline'): string {
    const program = join(import.meta.dirname, '..', '..', 'apps', 'approver', 'src', 'main.ts');
    const said = spawnSync(process.execPath, [program, ...parameters, '--home', home, '--json'], {
      cwd: directory,
      encoding: 'utf8',
      env: { HOME: directory, PATH: process.env['PATH'] ?? '', COUNTERSIGN_PASSPHRASE: 'countersign-demo' },
    });
    expect(said.status, `${parameters.join(' ')}\n${said.stdout}${said.stderr}`).toBe(0);
    return said.stdout;
  }

  /** Makes the machine of a person of the demonstration. */
  function machine(person: string, home: string): void {
    const folder = join(directory, home);
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, 'COUNTERSIGN-DEMO'), '');
    const keys = join(import.meta.dirname, '..', '..', 'keys.example');
    approver(
      ['init', '--root', join(keys, 'root.pub'), '--key', join(keys, `${person}.cskey`), '--yes'],
      home,
    );
  }

  const submit = (text: string, exitCode: number): Document =>
    run(['submit', '-t', 'shop', text, '--reason', 'a look'], exitCode);

  /** Names the program for copies of the schema in the configuration, and returns what takes that back. */
  function nameShadow(): () => void {
    const path = join(directory, 'online', 'countersign.yaml');
    const plain = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      plain.replace('    password: env:SHOP', '    shadow: /usr/sbin/mariadbd\n    password: env:SHOP'),
    );
    return () => {
      writeFileSync(path, plain);
    };
  }

  it('is prepared, checked and read', () => {
    run(['init', '--demo'], 0);
    const path = join(directory, 'online', 'countersign.yaml');
    const url = (user: string): string => `${engine}://${user}@/shop?socket=${server.socket}`;
    const setting = `targets:\n  shop:\n    url: ${url('owner')}\n    password: env:SHOP_PASSWORD\n    read_url: ${url('reader')}\n    read_password: env:READ_PASSWORD\n`;
    writeFileSync(path, readFileSync(path, 'utf8').replace('targets:\n', setting));
    run(['target', 'prepare', 'shop'], 0);
    expect(run(['target', 'check', 'shop'], 0)).toMatchObject({ code: 'target/ready' });
    const read = submit("SELECT a, b FROM t WHERE b = 'one'; SELECT 'x;y' AS z", 0);
    expect(read).toMatchObject({ state: 'ran' });
    expect(JSON.stringify(read['results'])).toContain('x;y');
    expect(JSON.stringify(submit('DESCRIBE t', 0)['results'])).toContain('varchar(9)');
    const shown = submit('SHOW GRANTS', 3);
    expect(shown).toMatchObject({ code: 'statement/not-offered', state: 'denied' });
    expect(shown['message']).toMatch(/^this form of SHOW is not offered: /);
    expect(run(['policy', 'explain', 'EXPLAIN SELECT * FROM t', '-t', 'shop'], 0)).toMatchObject({
      verdict: { decision: 'deny', rules: ['statement/not-offered'] },
    });
  });

  it('runs no function that people made, and tries no change that it could not take back', () => {
    expect(submit('SELECT f() FROM t', 3)).toMatchObject({ state: 'denied' });
    expect(submit('/*!50000 DELETE FROM t */', 3)).toMatchObject({ state: 'denied' });
    for (const text of ['ALTER TABLE t ADD c INT', 'DELETE FROM t WHERE a = 1; DROP TABLE t']) {
      const refused = submit(text, 1);
      expect(refused).toMatchObject({ code: 'statement/changes-schema' });
      expect(JSON.stringify(refused)).toContain('the schema to be changed by other means');
    }
    expect(server.sql('SELECT * FROM t', 'shop')).toBe('1\tone\n2\tNULL\n');
  });

  const approve = (one: string): void => {
    run(['export', one, '--file', `${one}.csreq`], 0);
    approver(['approve', `${one}.csreq`, '--key', 'ada', '--out', `${one}.csdec`]);
    run(['import', `${one}.csdec`], 0);
  };
  let id = '';

  it('carries a change to an approver and runs it once, if it is still the one that was signed', () => {
    const pending = submit("UPDATE t SET b = 'two' WHERE a = 2", 8);
    id = String(pending['request_id']);
    expect(pending).toMatchObject({
      diff: { tables: [{ table: 'shop.t', inserted: 0, updated: 1, deleted: 0 }] },
    });
    const drifting = String(submit("UPDATE t SET b = 'uno' WHERE a = 1", 8)['request_id']);
    machine('ada', 'offline');
    approve(id);
    approve(drifting);
    server.sql("UPDATE t SET b = 'other' WHERE a = 1", 'shop');
    run(['run', drifting], 9);
    run(['run', id], 0);
    expect(server.sql('SELECT * FROM t', 'shop')).toBe('1\tother\n2\ttwo\n');
    run(['run', id], 1);
  });

  if (engine === 'mariadb') {
    it('carries a definition that was tried on a copy of the schema, and runs it once', () => {
      const withoutShadow = nameShadow();
      const pending = submit('ALTER TABLE t DROP COLUMN b, ADD c INT', 8);
      const one = String(pending['request_id']);
      expect(pending['diff']).toMatchObject({ tables: [{ table: 'shop.t', updated: 2 }], complete: false });
      expect(pending['verdict']).toMatchObject({ quorum: [{ role: 'dba', count: 3, step: 1 }] });
      run(['export', one, '--file', `${one}.csreq`], 0);
      const shown = approver(['review', `${one}.csreq`]);
      expect(shown).toContain('effect/on-copy');
      expect(shown).toContain('table shop.t changed: drops b, 2 rows changed');
      expect(shown).toContain('INSTANT: the definition alone is changed');
      for (const person of ['ada', 'ben', 'carol']) {
        const home = person === 'ada' ? 'offline' : person;
        if (person !== 'ada') machine(person, home);
        const words = ['--key', person, '--confirm-rows', '2', '--out', `${one}-${person}.csdec`];
        approver(['approve', `${one}.csreq`, ...words], home);
        run(['import', `${one}-${person}.csdec`], 0);
      }
      expect(run(['run', one], 0)).toMatchObject({ state: 'executed' });
      expect(server.sql('SELECT * FROM t', 'shop')).toBe('1\tNULL\n2\tNULL\n');
      run(['run', one], 1);
      withoutShadow();
      server.sql(
        "ALTER TABLE t DROP c, ADD b VARCHAR(9); UPDATE t SET b = IF(a = 1, 'other', 'two')",
        'shop',
      );
    });

    it('carries a trigger and a procedure, which a policy has to let pass since their texts are not read', () => {
      const withoutShadow = nameShadow();
      const trigger = "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.b = 'é'; END";
      expect(submit(trigger, 3)).toMatchObject({ verdict: { rules: ['unreadable-is-denied'] } });
      const rules = join(directory, 'online', 'policy', 'main.yaml');
      const starter = readFileSync(rules, 'utf8');
      writeFileSync(rules, starter.replace('|| facts.opaque ||', `|| facts.opaque && !(${stored}) ||`));
      const carried = [
        [trigger, 'trigger shop.tr created', 'CREATE DEFINER=`owner`@`localhost` TRIGGER tr BEFORE INSERT'],
        ['CREATE PROCEDURE p() DELETE FROM t', 'procedure shop.p created', 'SQL SECURITY DEFINER'],
      ] as const;
      for (const [text, change, shows] of carried) {
        const one = String(submit(text, 8)['request_id']);
        run(['export', one, '--file', `${one}.csreq`], 0);
        const shown = approver(['review', `${one}.csreq`]);
        for (const part of [change, shows, 'is stored as it is shown, and was not run', 'effect/on-copy'])
          expect(shown).toContain(part);
        for (const [person, home] of [
          ['ada', 'offline'],
          ['ben', 'ben'],
          ['carol', 'carol'],
        ] as const) {
          approver(['approve', `${one}.csreq`, '--key', person, '--out', `${one}-${person}.csdec`], home);
          run(['import', `${one}-${person}.csdec`], 0);
        }
        expect(run(['run', one], 0)).toMatchObject({ state: 'executed' });
      }
      expect(server.sql("INSERT INTO t VALUES (9, 'x'); SELECT b FROM t WHERE a = 9; CALL p", 'shop')).toBe(
        'é\n',
      );
      withoutShadow();
      writeFileSync(rules, starter);
      server.sql("DROP TRIGGER tr; DROP PROCEDURE p; INSERT INTO t VALUES (1, 'other'), (2, 'two')", 'shop');
    });
  }

  it('undoes what it ran, by a request of its own', () => {
    const undo = run(['undo', id], 8);
    expect(undo).toMatchObject({ diff: { tables: [{ table: 'shop.t', updated: 1 }] } });
    approve(String(undo['request_id']));
    run(['run', String(undo['request_id'])], 0);
    expect(server.sql('SELECT * FROM t', 'shop')).toBe('1\tother\n2\tNULL\n');
    expect(outputs.join('')).not.toMatch(/hunter[23]/);
  });
});
