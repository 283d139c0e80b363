import { equalBytes, fromHex, toHex } from '@countersign/codec';
import Database from 'better-sqlite3';
import { ExecutorError } from '../executor-error.ts';
import { storeFailure } from '../store/store.ts';
import { ServeRefused } from './refusal.ts';

/**
 * What a server must still know when its process was killed: which signed calls were made, which submissions it had in hand, and what
 * a draft was made to follow.
 *
 * A file of its own beside the executor's store. A row must outlive the process but not the machine (what was signed before the
 * machine started is refused, and what it left behind is found by its age), so no call waits for a disk. The file as a whole must
 * outlive the machine.
 */
export class ServeStore {
  readonly #database: Database.Database;

  /** @throws ExecutorError `home/store-damaged`, `home/disk-full`, `home/read-only`, `home/busy` */
  constructor(path: string) {
    this.#database = openDatabase(path);
    this.#spend = this.#database.prepare(
      'INSERT OR IGNORE INTO nonce (key, nonce, expires) VALUES (?, ?, ?)',
    );
    this.#take = this.#database.prepare('INSERT OR IGNORE INTO in_hand (id) VALUES (?)');
    this.#drop = this.#database.prepare('DELETE FROM in_hand WHERE id = ?');
    this.#followed = this.#database.prepare('SELECT person, hash, follows FROM drafted WHERE id = ?');
  }

  readonly #spend: Database.Statement<[string, string, number]>;
  readonly #take: Database.Statement<[string]>;
  readonly #drop: Database.Statement<[string]>;
  readonly #followed: Database.Statement<
    [Uint8Array],
    Pick<Drafted, 'person' | 'hash'> & { readonly follows: Uint8Array }
  >;

  /**
   * Keeps the nonce of a key until `expires`, in seconds.
   * @throws ServeRefused `http-signature/replayed` when it is there already
   */
  spend(key: string, nonce: string, expires: number): void {
    if (this.#spend.run(key, nonce, expires).changes === 1) return;
    throw new ServeRefused('http-signature/replayed', 'this very call was already made', {
      hint: 'sign each call anew, with another nonce',
    });
  }

  /** Forgets nonces that expired before `now`, in seconds, and drafts that are no longer good. */
  forget(now: number): void {
    for (const table of ['nonce', 'drafted'])
      this.#database.prepare<[number]>(`DELETE FROM ${table} WHERE expires < ?`).run(now);
  }

  /** Keeps until when a draft of a follow-up may be signed and sent; of another draft there is nothing to keep. */
  note({ id, person, hash, follows, goodUntil }: Drafted): void {
    if (follows !== null)
      this.#database
        .prepare('INSERT OR REPLACE INTO drafted (id, person, hash, follows, expires) VALUES (?, ?, ?, ?, ?)')
        .run(id, person, hash, follows, goodUntil);
  }

  /** Returns which request this submission was drafted to follow; null when it was not, by another person, or with other bytes. */
  followed(id: Uint8Array, person: string, hash: () => Uint8Array): Uint8Array | null {
    const row = this.#followed.get(id);
    if (row?.person !== person || !equalBytes(row.hash, hash())) return null;
    return new Uint8Array(row.follows);
  }

  /** Notes that work on a submission begins. */
  takeInHand(id: Uint8Array): void {
    this.#take.run(toHex(id));
  }

  /** Notes that it has ended. */
  putDown(id: Uint8Array): void {
    this.#drop.run(toHex(id));
  }

  /** Returns the submissions in hand; right after a start, those of a process that died. */
  inHand(): readonly Uint8Array[] {
    return this.#database.prepare<[], string>('SELECT id FROM in_hand').pluck().all().map(fromHex);
  }

  close(): void {
    this.#database.close();
  }
}

const schema = `
  CREATE TABLE IF NOT EXISTS nonce (
    key TEXT NOT NULL, nonce TEXT NOT NULL, expires INTEGER NOT NULL, PRIMARY KEY (key, nonce)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS nonce_expires ON nonce (expires);
  CREATE TABLE IF NOT EXISTS in_hand (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS drafted (
    id BLOB PRIMARY KEY, person TEXT NOT NULL, hash BLOB NOT NULL, follows BLOB NOT NULL, expires INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`;

/** The bytes of a submission that were made for a person to sign. */
export interface Drafted {
  readonly id: Uint8Array;
  readonly person: string;
  /** SHA-256 of its payload. */
  readonly hash: Uint8Array;
  /** Id of the request that it follows. */
  readonly follows: Uint8Array | null;
  /** Whole seconds since 1970. */
  readonly goodUntil: number;
}

function openDatabase(path: string): Database.Database {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { timeout: 5_000 });
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.exec(schema);
    return database;
  } catch (cause) {
    database?.close();
    throw storeFailure(cause) ?? damaged(path, cause);
  }
}

function damaged(path: string, cause: unknown): ExecutorError {
  return new ExecutorError('home/store-damaged', `${path} cannot be opened as the store of calls`, {
    cause,
    hint: 'once five minutes have passed since the last server ended, no signed call of then is good any more: move the file away and start',
  });
}
