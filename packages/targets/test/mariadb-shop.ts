import { test } from 'vitest';
import { TableBuilder } from '@countersign/diff';
import type { Diff } from '@countersign/diff';
import type { Cell } from '@countersign/diff';
import { openTarget } from '@countersign/targets';
import type { Target } from '@countersign/targets';
import type { SqlServer } from '../../../test/servers/daemon.ts';
import { startMariadb } from '../../../test/servers/mariadb.ts';
import { hasMysql, startMysql } from '../../../test/servers/mysql.ts';
import { logInOnce, realServers, useRealSql } from '../../../test/servers/real.ts';
import { defaultDryRunLimits } from '../src/limits.ts';
import type { TableShape } from '../src/mariadb/table-shapes.ts';
import { parseServerUrl } from '../src/server-address.ts';
import type { ServerAccount } from '../src/server-address.ts';
import { sha256 } from '../src/sha256.ts';

/** A server with the database `shop`, and its owner as docs/mariadb.md asks for one. */
export interface MariadbShop {
  readonly server: SqlServer;
  readonly engine: 'mariadb' | 'mysql';
  readonly target: Target;
  readonly account: ServerAccount;
  readonly url: (user: string) => string;
  /** Runs texts as the administrator by the engine's own client. */
  readonly sql: (text: string) => string;
  /** Makes the database anew, with our tables and these. */
  readonly remake: (setup: string) => Promise<void>;
  /** How many sessions of the owner the server has. */
  readonly ownersLeft: () => number;
  /** Kills them all. */
  readonly killOwners: () => void;
  readonly stop: () => Promise<void>;
}

/** @param shadow the server program on which the target tries definitions; they are refused without one */
export async function startMariadbShop(
  options: readonly string[] = [],
  shadow?: string,
): Promise<MariadbShop> {
  return openShop(await startMariadb({ options }), 'mariadb', shadow);
}

/** A shop on MySQL, where the machine has one. */
export async function startMysqlShop(options: readonly string[] = []): Promise<MariadbShop> {
  return openShop(await startMysql(options), 'mysql');
}

/** A shop on a server that is there already; it takes no options. */
const shopAt = (engine: 'mariadb' | 'mysql', url: string) => async (): Promise<MariadbShop> => {
  const shop = openShop(await useRealSql(url), engine);
  await logInOnce(url, 'owner', 'owner');
  return shop;
};

type ShopStart = readonly [
  engine: 'mariadb' | 'mysql',
  start: (options?: readonly string[]) => Promise<MariadbShop>,
];

function shopsOf(engine: ShopStart[0], start: ShopStart[1], isThere: boolean): readonly ShopStart[] {
  const url = realServers[engine];
  if (url !== undefined) return [[engine, shopAt(engine, url)]];
  return isThere ? [[engine, start]] : [];
}

/** The engines that share one target, and how a shop of each is started: MySQL where the machine has it. */
export const shops: readonly ShopStart[] = [
  ...shopsOf('mariadb', startMariadbShop, true),
  ...shopsOf('mysql', startMysqlShop, hasMysql),
];

/** The numbers from 1 to `last` as a table with the column `seq`, which only MariaDB has by itself. */
export const numbersTo = (last: number): string =>
  `(WITH RECURSIVE numbers (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM numbers WHERE seq < ${last}) SELECT seq FROM numbers) numbered`;

function openShop(server: SqlServer, engine: 'mariadb' | 'mysql', shadow?: string): MariadbShop {
  server.sql(
    `CREATE DATABASE shop; CREATE USER owner@localhost IDENTIFIED BY 'owner'; GRANT ALL ON shop.* TO owner@localhost;
     GRANT PROCESS ON *.* TO owner@localhost`,
  );
  if (engine === 'mysql') server.sql('GRANT SELECT ON performance_schema.metadata_locks TO owner@localhost');
  const url = (user: string): string => `${engine}://${user}@/shop?socket=${server.socket}`;
  const target = openTarget({
    name: 'shop',
    url: url('owner'),
    password: () => 'owner',
    ...(shadow === undefined ? {} : { shadow }),
  });
  const sql = (text: string): string => server.sql(text, 'shop');
  const owners = (): readonly string[] =>
    server
      .sql("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'owner'")
      .split('\n')
      .filter((line) => line !== '');
  return {
    server,
    engine,
    target,
    url,
    account: { address: parseServerUrl(url('owner')), password: () => 'owner', tls: {} },
    sql,
    remake: async (setup) => {
      server.sql('DROP DATABASE shop; CREATE DATABASE shop');
      await target.prepare();
      sql(setup);
    },
    ownersLeft: () => owners().length,
    killOwners: () => {
      for (const id of owners()) server.sql(`KILL ${id}`);
    },
    stop: async () => {
      await target.close();
      await server.stop();
    },
  };
}

/** Every row of every table as texts in hexadecimal, by the table's qualified name. */
export type Dump = ReadonlyMap<string, readonly string[]>;

const columnsText = `SELECT TABLE_NAME, GROUP_CONCAT(CONCAT('IFNULL(HEX(CONCAT(\`', COLUMN_NAME, '\`)), ''NULL'')') ORDER BY ORDINAL_POSITION SEPARATOR ', '';'', ')
  FROM information_schema.COLUMNS JOIN information_schema.TABLES USING (TABLE_SCHEMA, TABLE_NAME)
  WHERE TABLE_SCHEMA = 'shop' AND TABLE_TYPE = 'BASE TABLE' AND TABLE_NAME NOT LIKE '\\_countersign%' GROUP BY TABLE_NAME`;

/** @param texts as `dumpTexts` gives them for the schema as it is */
export function dump(shop: MariadbShop, texts: string = dumpTexts(shop)): Dump {
  return readDump(shop.sql(texts));
}

/** The dump of what the texts make of the database, which is rolled back. */
export function dumpAfter(shop: MariadbShop, changes: readonly string[], texts: string): Dump {
  const text = `SET sql_mode = 'STRICT_ALL_TABLES'; BEGIN; ${changes.join('; ')}; SELECT 'all of it';`;
  const lines = shop.sql(`${text} ${texts} ROLLBACK`);
  return readDump(lines.slice(lines.indexOf('all of it\n')));
}

/** Queries for the rows of every table. Making them takes as long as asking them. */
export function dumpTexts(shop: MariadbShop): string {
  const tables = shop.sql(`SET SESSION group_concat_max_len = 1000000; ${columnsText}`).trim().split('\n');
  const queries = tables.map((line) => {
    const [name = '', list = ''] = line.split('\t');
    return `SELECT CONCAT('shop.${name}|', ${list}) FROM \`${name}\`;`;
  });
  return queries.join(' ');
}

function readDump(lines: string): Dump {
  const found = new Map<string, string[]>();
  for (const line of lines.split('\n')) {
    const bar = line.indexOf('|');
    if (bar < 0) continue;
    const name = line.slice(0, bar);
    found.set(name, [...(found.get(name) ?? []), line.slice(bar + 1)]);
  }
  return found;
}

/** A change as sorted lines `table -row +row`; slow and obvious, and knows nothing of how the diff is found. */
export function compareDumps(before: Dump, after: Dump): string[] {
  const lines: string[] = [];
  for (const table of new Set([...before.keys(), ...after.keys()])) {
    const left = [...(after.get(table) ?? [])];
    for (const row of before.get(table) ?? []) {
      const at = left.indexOf(row);
      if (at >= 0) left.splice(at, 1);
      else lines.push(`${table} -${row}`);
    }
    lines.push(...left.map((row) => `${table} +${row}`));
  }
  return lines.toSorted();
}

/** The lines that a diff says. */
export function linesOf(diff: Diff): string[] {
  const text = (row: readonly Cell[]): string => row.map(hexOf).join(';');
  const lines = diff.tables.flatMap(({ table, changes }) => {
    // Dumps have names as they are.
    const name = table.replaceAll('"', '');
    return changes.flatMap(({ before, after }) => [
      ...(before === null ? [] : [`${name} -${text(before)}`]),
      ...(after === null ? [] : [`${name} +${text(after)}`]),
    ]);
  });
  return lines.toSorted();
}

function hexOf(cell: Cell): string {
  if (cell.type === 'null') return 'NULL';
  const bytes = cell.type === 'bytes' ? Buffer.from(cell.value) : Buffer.from(String(cell.value));
  return bytes.toString('hex').toUpperCase();
}

/** Returns a `test` for what changes definitions: the shop is made of `setup` again after it. */
export function remaking(
  shopOf: () => MariadbShop,
  setup: string,
): (name: string, work: () => Promise<void>, timeoutMs?: number) => void {
  return (name, work, timeoutMs = 30_000) => {
    const remade = async (): Promise<void> => {
      try {
        await work();
      } finally {
        await shopOf().remake(setup);
      }
    };
    test(name, remade, timeoutMs);
  };
}

/** Collects the changes of a table as a dry run does. */
export function builderOf({ name, columns, key }: TableShape): TableBuilder {
  const shape = { table: name, columns: columns.map((one) => one.name), key, computed: [], generated: [] };
  return new TableBuilder(shape, defaultDryRunLimits, sha256);
}
