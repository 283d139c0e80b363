import type { ServerAccount } from '../server-address.ts';
import { TargetError } from '../target-error.ts';
import { readMoment } from './moment.ts';
import type { Moment } from './moment.ts';
import { Reader } from './reader.ts';
import type { Begun, Bounds, Standing } from './reader.ts';

/** Milliseconds after its login at which a session is used no more: a changed password is outlived by no more than that. */
export const readerAgeMs = 10_000;
/** Reads that one session serves. */
const readerUses = 1_000;
/** Share of age or use after which another is opened when none waits, so that no read waits for the login. */
const wornAt = 0.8;
/** Sessions at once, whatever waits: a server has room for a hundred by its own default. */
const openMax = 64;

/** Sessions of one target beyond which a read waits for one to come back, since a login costs more than most reads. */
const sessionsMax = 16;
/** Milliseconds in which no session came back, after which one more is opened: reads that are slow hold up no other. */
const waitMs = 250;
/** Milliseconds after which one more is opened for the read that waits longest, whatever came back meanwhile. */
const patienceMs = 1_000;

/** Milliseconds after which a session that was asked for the moment is given up: a look with a login of its own takes no longer. */
const askMs = 1_000;

/** A read that may be sent at once behind the opening of its transaction. */
export interface Ahead<T> {
  /** Rejects when it is not to be sent any more; the session then waits for others. */
  readonly ready: () => Promise<void>;
  readonly read: (reader: Reader) => Promise<T>;
}

/** A session with its transaction begun; `reading` where the read was sent already. */
export interface Taken<T> {
  readonly reader: Reader;
  readonly reading?: Promise<T>;
}

/** A read that waits, called with a session, or without when it may open one. */
interface Waiting {
  /** Of `performance.now()`. */
  readonly sinceMs: number;
  readonly call: (reader: Reader | undefined) => void;
}

/**
 * The sessions of one account for reads, each for one statement at a time. Those that are kept serve another one after a plain success,
 * when they are found as they began; none does when `keep` is false.
 */
export class Readers {
  readonly #account: ServerAccount;
  readonly #keep: boolean;
  readonly #ageMs: number;
  readonly #usesMax: number;
  /** The one used last is used next, so that those too many grow old. */
  readonly #waiting: Reader[] = [];
  /** Sessions that are being reset, ended or opened. */
  readonly #underway = new Set<Promise<void>>();
  readonly #timers = new Map<Reader, NodeJS.Timeout>();
  readonly #queue: Waiting[] = [];
  /** Runs out when the first of them has waited too long. */
  #stalled: NodeJS.Timeout | undefined;
  /** When one was last opened for a read that waited, of `performance.now()`. */
  #addedMs = -Infinity;
  #sessions = 0;
  #closed = false;
  #heard: Moment | undefined;
  /** Of the last read: what one is opened for ahead of need. */
  #standing: Standing | undefined;
  /** True while one is opened for reads to come. */
  #opening = false;

  constructor(
    account: ServerAccount,
    keep: boolean,
    {
      ageMs = readerAgeMs,
      usesMax = readerUses,
    }: { readonly ageMs?: number; readonly usesMax?: number } = {},
  ) {
    this.#account = account;
    this.#keep = keep;
    this.#ageMs = ageMs;
    this.#usesMax = usesMax;
  }

  /**
   * Returns a session with its transaction begun.
   * @throws TargetError `target/unreachable`, `target/account-writes`, `target/other-database`, the driver's own error, and what
   *   `bounds` throws
   */
  async take(standing: Standing, bounds: () => Bounds): Promise<Reader> {
    return (await this.takeWith(standing, bounds, undefined)).reader;
  }

  /** Does what {@link take} does, and sends the read as soon as it is known to go to a session that was kept. @throws what it throws, and `ahead.ready` */
  async takeWith<T>(
    standing: Standing,
    bounds: () => Bounds,
    ahead: Ahead<T> | undefined,
  ): Promise<Taken<T>> {
    this.#standing = standing;
    for (let kept = await this.#next(); kept !== undefined; kept = await this.#next()) {
      if (kept.path !== standing.path || !this.#isGood(kept)) {
        this.#end(kept);
        continue;
      }
      await this.#readyOr(kept, ahead);
      const left = this.#boundsOr(kept, bounds);
      try {
        const begun = await this.#beginWith(kept, standing, left, ahead);
        if (begun !== undefined) return { reader: kept, reading: begun.reading };
        this.#hear(await kept.begin(standing, left));
        return { reader: kept };
      } catch (cause) {
        this.#end(kept);
        if (cause instanceof TargetError && refusals.has(cause.code)) throw cause;
        // It was lost, or the account may not log in any more: a new login says which.
      }
    }
    const fresh = await this.#open(standing.path);
    try {
      this.#hear(await fresh.begin(standing, bounds()));
      return { reader: fresh };
    } catch (cause) {
      await this.end(fresh);
      throw cause;
    }
  }

  /** The moment of the server that the read of this target said which asked last. */
  get heard(): Moment | undefined {
    return this.#heard;
  }

  /** Asks a session that waits for the server's moment; undefined when none waits, or that one is lost. */
  async ask(): Promise<Moment | undefined> {
    const reader = this.#waiting.at(-1);
    if (reader === undefined) return undefined;
    this.#stopWaiting(reader);
    const timer = setTimeout(() => {
      reader.session.destroy(new TargetError('target/session-lost', 'server answers no more'));
    }, askMs);
    try {
      const moment = await readMoment(reader.session);
      this.#hear(moment);
      this.#await(reader);
      return moment;
    } catch {
      this.#end(reader);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #hear(moment: Moment): void {
    if (this.#heard === undefined || this.#heard.askedMs < moment.askedMs) this.#heard = moment;
  }

  async #readyOr(kept: Reader, ahead: Ahead<unknown> | undefined): Promise<void> {
    try {
      await ahead?.ready();
    } catch (cause) {
      this.#await(kept);
      throw cause;
    }
  }

  async #beginWith<T>(
    kept: Reader,
    standing: Standing,
    left: Bounds,
    ahead: Ahead<T> | undefined,
  ): Promise<Begun<T> | undefined> {
    if (ahead === undefined) return undefined;
    const begun = await kept.beginWith(standing, left, () => ahead.read(kept));
    if (begun !== undefined) this.#hear(begun.moment);
    return begun;
  }

  /** What is left of the limits; when nothing is, that is told, and the session waits for others. */
  #boundsOr(kept: Reader, bounds: () => Bounds): Bounds {
    try {
      return bounds();
    } catch (cause) {
      this.#await(kept);
      throw cause;
    }
  }

  /** Ends a session after any other end of its statement. */
  async end(reader: Reader): Promise<void> {
    this.#free();
    await reader.end();
  }

  /** Takes back a session whose statement ended in a plain success and left nothing; it waits for the next when it is found fresh. */
  giveBack(reader: Reader): Promise<void> {
    if (!this.#keep || this.#closed || !reader.session.isSound) return this.end(reader);
    this.#goOn(async () => {
      try {
        await reader.reset();
      } catch {
        // Whatever is wrong with it, nobody reads in it again.
        this.#end(reader);
        return;
      }
      this.#await(reader);
    });
    return Promise.resolve();
  }

  /** Ends the sessions that wait, and those that come back; returns when they have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const reader of this.#waiting.splice(0)) this.#end(reader);
    // Whoever still waits has a session of its own, which ends with its statement.
    while (this.#call(undefined));
    await this.settled();
  }

  /** Returns when no session is being reset, ended or opened. */
  async settled(): Promise<void> {
    while (this.#underway.size > 0) await Promise.all(this.#underway);
  }

  /** A session that waits, or comes back in time; undefined when one is to be opened, which is counted already. */
  async #next(): Promise<Reader | undefined> {
    const reader = this.#waiting.at(-1);
    if (reader !== undefined) {
      this.#stopWaiting(reader);
      return reader;
    }
    if (!this.#keep || this.#sessions < sessionsMax) {
      this.#sessions += 1;
      return undefined;
    }
    return new Promise((resolve) => {
      this.#queue.push({ sinceMs: performance.now(), call: resolve });
      if (this.#queue.length === 1) this.#watchQueue();
    });
  }

  #stopWaiting(reader: Reader): void {
    this.#waiting.splice(this.#waiting.indexOf(reader), 1);
    clearTimeout(this.#timers.get(reader));
    this.#timers.delete(reader);
  }

  /** Hands the one that waits longest a session, or lets it open one; false when none waits. */
  #call(reader: Reader | undefined): boolean {
    const first = this.#queue.shift();
    if (first === undefined) return false;
    if (reader === undefined) {
      this.#sessions += 1;
      this.#addedMs = performance.now();
    }
    this.#watchQueue();
    first.call(reader);
    return true;
  }

  /** Begins the wait anew: as long as sessions come back, logins would only make all of them slower. */
  #watchQueue(): void {
    clearTimeout(this.#stalled);
    const [first] = this.#queue;
    if (first === undefined) return;
    const now = performance.now();
    const leftMs = Math.min(waitMs, first.sinceMs + patienceMs - now);
    // One at a time is enough: it serves the others that wait when it comes back.
    const more = (): void => {
      if (this.#sessions < openMax) this.#call(undefined);
      else this.#stalled = setTimeout(more, waitMs);
    };
    this.#stalled = setTimeout(more, Math.max(leftMs, this.#addedMs + waitMs - now, 0));
  }

  /** Opens a session that is counted already. */
  async #open(path: string): Promise<Reader> {
    try {
      return await Reader.open(this.#account, path);
    } catch (cause) {
      this.#free();
      throw cause;
    }
  }

  /** Counts one session less; whoever waits may open another. */
  #free(): void {
    this.#sessions -= 1;
    if (this.#sessions < sessionsMax) this.#call(undefined);
  }

  #await(reader: Reader): void {
    if (this.#closed) {
      this.#end(reader);
      return;
    }
    if (!this.#isGood(reader)) {
      this.#replace(reader);
      return;
    }
    const isWorn = this.#wear(reader) >= wornAt;
    if (isWorn && this.#sessions > sessionsMax) {
      this.#end(reader);
      return;
    }
    if (isWorn && reader.uses > 0 && this.#waiting.length === 0) this.#openAhead();
    if (this.#call(reader)) return;
    if (this.#sessions > sessionsMax) {
      this.#end(reader);
      return;
    }
    this.#waiting.push(reader);
    const leftMs = reader.openedMs + this.#ageMs - performance.now();
    const timer = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(reader), 1);
      this.#timers.delete(reader);
      this.#replace(reader);
    }, leftMs);
    this.#timers.set(reader, timer.unref());
  }

  #isGood(reader: Reader): boolean {
    return reader.session.isSound && this.#wear(reader) < 1;
  }

  /** How much of its age or use is behind a session, 1 when nothing is left of one of them. */
  #wear({ openedMs, uses }: Reader): number {
    return Math.max((performance.now() - openedMs) / this.#ageMs, uses / this.#usesMax);
  }

  /** Ends one that is worn out, and opens another in its place when it was of use and no other waits, so that no read waits for the login. */
  #replace(reader: Reader): void {
    this.#end(reader);
    if (reader.uses > 0 && !this.#closed && this.#waiting.length === 0) this.#openAhead();
  }

  /** Opens one for reads to come, one at a time, and has it ask whatever a first read would wait for. */
  #openAhead(): void {
    const standing = this.#standing;
    if (this.#opening || standing === undefined) return;
    this.#opening = true;
    this.#sessions += 1;
    this.#goOn(async () => {
      // What keeps it from being opened is told to the read that opens one.
      const fresh = await this.#open(standing.path).catch(() => undefined);
      try {
        await fresh?.prepare(standing);
        if (fresh !== undefined) this.#await(fresh);
      } catch {
        if (fresh !== undefined) this.#end(fresh);
      } finally {
        this.#opening = false;
      }
    });
  }

  /** A session that cannot even be closed is one that is lost already. */
  #end(reader: Reader): void {
    this.#goOn(() => this.end(reader).catch(() => undefined));
  }

  #goOn(work: () => Promise<void>): void {
    const going = work().finally(() => this.#underway.delete(going));
    this.#underway.add(going);
  }
}

/** What is wrong with the account itself, and not with one of its sessions. */
const refusals: ReadonlySet<string> = new Set(['target/account-writes', 'target/other-database']);
