import { postgresParser } from '@countersign/program';
import { provideParser } from '@countersign/sql';
import { openTarget } from '@countersign/targets';
import type { Target } from '@countersign/targets';
import { startPostgres } from '../../../test/servers/postgres.ts';
import type { PostgresOptions, PostgresSession } from '../../../test/servers/postgres.ts';
import { realServers } from '../../../test/servers/real.ts';
import { useRealPostgres } from './real-postgres.ts';
import type { UsedServer } from './real-postgres.ts';
import { parseServerUrl } from '../src/server-address.ts';
import type { ServerAccount } from '../src/server-address.ts';

/** A server, its database `shop` owned by `owner`, and a role `reader` that has SELECT on everything and nothing else. */
export interface Shop {
  readonly server: UsedServer;
  readonly target: Target;
  /** The same as a program opens it that stays: it keeps sessions for reads, and what it found of the schema. */
  readonly staying: Target;
  readonly account: (role: string) => ServerAccount;
  readonly url: (role: string) => string;
  /** Runs a text as the superuser, and returns the rows. */
  readonly sql: (text: string, role?: string) => Promise<readonly (readonly (string | null)[])[]>;
  readonly stop: () => Promise<void>;
}

interface ShopOptions extends PostgresOptions {
  /** Texts of `sql` run in sessions that stay, which is quicker; they keep the database from being copied. */
  readonly keepSessions?: true;
}

/** Starts a server that asks `owner` and `reader` for passwords (which are their names), and runs `setup` as the owner. */
export async function startShop(setup: readonly string[], options: ShopOptions = {}): Promise<Shop> {
  provideParser(postgresParser);
  const real = realServers.postgres;
  const server: UsedServer =
    real === undefined
      ? startPostgres({ tcp: true, ...options })
      : await useRealPostgres(real, options.settings ?? []);
  const admin = await server.open('postgres');
  await admin.rows("CREATE ROLE owner LOGIN PASSWORD 'owner'");
  await admin.rows("CREATE ROLE reader LOGIN PASSWORD 'reader'");
  await admin.rows('CREATE DATABASE shop OWNER owner');
  await server.databaseIsMade?.();
  admin.close();
  const url = (role: string): string => `postgres://${role}@127.0.0.1:${server.port}/shop`;
  const account = (role: string): ServerAccount => ({
    address: parseServerUrl(url(role)),
    password: () => role,
    tls: {},
  });
  const open = (stays: boolean): Target =>
    openTarget({
      name: 'shop',
      url: url('owner'),
      password: () => 'owner',
      read: { url: url('reader'), password: () => 'reader' },
      stays,
    });
  const [target, staying] = [open(false), open(true)];
  const kept = new Map<string, PostgresSession[]>();
  const sql = async (text: string, role = 'postgres'): Promise<readonly (readonly (string | null)[])[]> => {
    const idle = kept.get(role)?.splice(0) ?? [];
    const session = idle.find(({ closed }) => !closed) ?? (await server.open('shop', role));
    kept.set(role, [...(kept.get(role) ?? []), ...idle.filter((one) => one !== session && !one.closed)]);
    try {
      const rows = await session.rows(text);
      if (options.keepSessions === true) kept.get(role)?.push(session);
      else session.close();
      return rows;
    } catch (cause) {
      session.close();
      throw cause;
    }
  };
  for (const text of setup) await sql(text, 'owner');
  await sql('GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader');
  return {
    server,
    target,
    staying,
    account,
    url,
    sql,
    stop: async () => {
      await target.close();
      await staying.close();
      await server.stop();
    },
  };
}
