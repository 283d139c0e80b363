import { generateKey } from '@countersign/keys';
import type { Statement } from '@countersign/messages';
import { nodeSigner, systemRandom } from '@countersign/program';
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homePaths } from '../apps/executor/src/home/home-directory.ts';
import type { WorldOptions } from '../apps/executor/src/home/open-world.ts';
import { makeHome } from '../apps/executor/src/setup/new-home.ts';
import { makeSampleDatabase } from '../apps/executor/src/setup/sample-database.ts';
import type { Draft, Identity } from '../apps/executor/src/stages/intake.ts';
import type { World } from '../apps/executor/src/world.ts';

/** A home of its own with the sample database as target `shop`, and a person who submits. */
export interface BenchHome {
  readonly world: World;
  readonly identity: Identity;
  readonly databasePath: string;
  readonly directory: string;
  readonly close: () => Promise<void>;
}

/** Makes a home in a new folder under TMPDIR: put that on the disk that you want to know about. */
export async function makeBenchHome(options: WorldOptions = {}): Promise<BenchHome> {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const databasePath = join(directory, 'shop.db');
  makeSampleDatabase(databasePath);
  const signer = nodeSigner(generateKey(systemRandom(32)).seed);
  const person = {
    id: 'olivia',
    name: 'Olivia',
    kind: 'human' as const,
    roles: ['operator'],
    keys: [{ publicKey: signer.publicKey }],
  };
  const world = makeHome(
    {
      paths: homePaths(join(directory, '.countersign')),
      targets: [{ name: 'shop', url: `sqlite:${databasePath}`, tags: [] }],
      identity: person.id,
      persons: [person],
      executor: nodeSigner(systemRandom(32)),
      root: { name: 'root-1', signer: nodeSigner(systemRandom(32)) },
      environment: {},
    },
    options,
  );
  await world.target('shop').prepare();
  return {
    world,
    identity: { person, signer },
    databasePath,
    directory,
    close: async () => {
      await world.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Returns a draft of one statement for the home's target. */
export function draftOf(statement: Statement): Draft {
  return {
    target: 'shop',
    statements: [statement],
    reason: 'the morning report of open orders',
    context: [],
    follows: null,
  };
}

/** A database beside the home's store, opened as the store is, into which `commit` writes bytes durably. */
export interface RawStore {
  readonly commit: (bytes: Uint8Array) => void;
  readonly close: () => void;
}

/** Opens a raw store on the same disk: write-ahead log, every commit synced. */
export function openRawStore(directory: string): RawStore {
  const database = new Database(join(directory, 'raw.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT');
  const insert = database.prepare<[Uint8Array]>('INSERT INTO kept (bytes) VALUES (?)');
  return {
    commit: database.transaction((bytes: Uint8Array) => {
      insert.run(bytes);
    }),
    close: () => {
      database.close();
    },
  };
}
