import { createHash } from 'node:crypto';
import type { TrustedFunction } from '@countersign/sql';
import type { ServerAccount } from '../server-address.ts';
import type { Statement } from '../target.ts';
import { engineError } from './engine-error.ts';
import { hasOwnCode } from '../fault.ts';
import { lookAtDatabase } from './inspection.ts';
import type { Look } from './inspection.ts';
import { requireRead, resolveQuery } from './resolution.ts';
import type { Resolution } from './resolution.ts';
import { readMoment } from './moment.ts';
import type { Moment } from './moment.ts';
import type { Readers } from './readers.ts';
import { openResolver, queriesOf } from './resolver.ts';
import type { Grounds, Resolver } from './resolver.ts';
import { PostgresSession } from './session.ts';

/** Milliseconds for which what a look found is taken for what is there. */
export const lookAgeMs = 1_000;
/** Age at which the next look is begun, while somebody asks. */
const renewalMs = 750;
/** Texts whose resolution is remembered. */
const textsMax = 1_000;

/** What was asked of the engine while the schema and the search path stayed the same. */
interface Known {
  /** By hash of the text. */
  readonly resolutions: Map<string, Promise<Resolution>>;
  /** Names of stored columns, by number of table and place. */
  readonly columns: Map<string, string | null>;
}

interface Seen extends Look {
  /** Of `performance.now()`, before the database was asked. */
  readonly beganMs: number;
  readonly known: Known;
  /** What it found is there as long as the server's moment has this text; undefined when something ended while it was begun. */
  readonly moment: string | undefined;
}

/**
 * What a database was found to be, looked at again while somebody asks and anything was committed on the server. Askers share a look, and
 * texts are resolved once for each state of the schema. docs/postgres.md#what-is-remembered
 */
export class Looks implements Resolver {
  readonly remembers = true;
  readonly #main: ServerAccount;
  readonly #readers: Readers | undefined;
  #last: Seen | undefined;
  #looking: { readonly beganMs: number; readonly found: Promise<Seen> } | undefined;

  constructor(main: ServerAccount, readers: Readers | undefined) {
    this.#main = main;
    this.#readers = readers;
  }

  /** Returns what a look found that began at most {@link lookAgeMs} ago, or has begun since. */
  async current(): Promise<Seen> {
    const now = performance.now();
    const last = this.#renewed(this.#readers?.heard);
    if (last === undefined || now - last.beganMs >= lookAgeMs) return this.#look(now);
    // Ahead of need, so that nobody waits; whoever asks when this one is too old is told what went wrong.
    if (now - last.beganMs >= renewalMs) this.#look(now).catch(() => undefined);
    return last;
  }

  /** Has the engine resolve every statement, or remember it, and refuses what is no read. @throws TargetError `target/…`, `statement/…` */
  async resolve(statements: readonly Statement[], trusted: readonly TrustedFunction[]): Promise<Grounds> {
    const queries = queriesOf(statements);
    const { path, place, known } = await this.current();
    const resolutions: (Resolution | undefined)[] = [];
    for (const [index, query] of queries.entries()) {
      const found = query === undefined ? undefined : await this.#resolution(known, path, query, index);
      if (found !== undefined) requireRead(found, index, trusted);
      resolutions.push(found);
    }
    return { path, place, resolutions, columns: known.columns };
  }

  async #resolution(known: Known, path: string, query: string, index: number): Promise<Resolution> {
    const key = createHash('sha256').update(query).digest('base64');
    const { resolutions } = known;
    const asked = resolutions.get(key) ?? this.#ask(path, query);
    // Put last again: the first is what nobody asked for longest.
    resolutions.delete(key);
    resolutions.set(key, asked);
    const [oldest] = resolutions.keys();
    if (resolutions.size > textsMax && oldest !== undefined) resolutions.delete(oldest);
    try {
      return await asked;
    } catch (cause) {
      if (resolutions.get(key) === asked) resolutions.delete(key);
      throw hasOwnCode(cause) ? cause : engineError(cause, index);
    }
  }

  async #ask(path: string, query: string): Promise<Resolution> {
    const session = await openResolver(this.#main, path);
    try {
      return await resolveQuery(session, query);
    } finally {
      await session.close();
    }
  }

  #look(now: number): Promise<Seen> {
    const looking = this.#looking;
    if (looking !== undefined && now - looking.beganMs < lookAgeMs) return looking.found;
    const begun = { beganMs: now, found: this.#lookFrom(now) };
    this.#looking = begun;
    const done = (): void => {
      if (this.#looking === begun) this.#looking = undefined;
    };
    begun.found.then(done, done);
    return begun.found;
  }

  /** Returns the last look, as one that began when a read was told by the server that nothing has changed since. */
  #renewed(heard: Moment | undefined): Seen | undefined {
    const last = this.#last;
    if (last === undefined || heard === undefined) return last;
    if (heard.text !== last.moment || heard.askedMs <= last.beganMs) return last;
    this.#last = { ...last, beganMs: heard.askedMs };
    return this.#last;
  }

  async #lookFrom(beganMs: number): Promise<Seen> {
    // What a read was told before the login below will do as well, when every session is at work.
    const heard = (await this.#readers?.ask()) ?? this.#readers?.heard;
    const last = this.#renewed(heard);
    if (last !== undefined && last.beganMs >= beganMs) return last;
    const session = await PostgresSession.open(this.#main);
    try {
      const moment = await readMoment(session);
      const found = await lookAtDatabase(session, last ?? { print: undefined, path: '', facts: undefined });
      const same = last !== undefined && found.print === last.print && found.path === last.path;
      const known = same ? last.known : { resolutions: new Map(), columns: new Map() };
      // Settings come with the login: it must lie between two questions that were answered alike.
      const seen = {
        ...found,
        beganMs,
        known,
        moment: heard?.text === moment.text ? moment.text : undefined,
      };
      if (this.#last === undefined || this.#last.beganMs <= beganMs) this.#last = seen;
      return seen;
    } catch (cause) {
      throw engineError(cause, undefined);
    } finally {
      await session.close();
    }
  }
}
