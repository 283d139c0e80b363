import type { SqlServer } from './daemon.ts';
import { startMariadb } from './mariadb.ts';
import { hasMysql, startMysql } from './mysql.ts';

/** Engines that share one kind of target, and how a server of each is started: MySQL where the machine has it. */
export const sqlServers: readonly (readonly [
  engine: 'mariadb' | 'mysql',
  start: (options?: readonly string[]) => Promise<SqlServer>,
])[] = [
  ['mariadb', (options: readonly string[] = []): Promise<SqlServer> => startMariadb({ options })],
  ...(hasMysql ? [['mysql', startMysql] as const] : []),
];
