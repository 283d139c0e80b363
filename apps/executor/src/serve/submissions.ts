import { toHex } from '@countersign/codec';
import { withdrawRequest } from '../stages/expire.ts';
import type { Intake } from '../stages/intake.ts';
import { submitIntake, type Submitted } from '../stages/submit.ts';
import type { World } from '../world.ts';
import type { Log } from './log.ts';
import type { Room } from './room.ts';
import type { ServeStore } from './serve-store.ts';

/** A submission that stands without a verdict for so long, in seconds, has nobody left who works on it. */
const forsakenSeconds = 3_600;

/** A submission that is being worked on. */
export interface InHand {
  readonly intake: Intake;
  readonly ended: Promise<Submitted>;
}

/** Submissions on their way to a verdict: each in a place of the room, each once, none forgotten when a client or the process goes. */
export class Submissions {
  readonly #world: World;
  readonly #store: ServeStore;
  readonly #log: Log;
  readonly #room: Room;
  readonly #inHand = new Map<string, InHand>();

  constructor(parts: {
    readonly world: World;
    readonly store: ServeStore;
    readonly log: Log;
    readonly room: Room;
  }) {
    this.#world = parts.world;
    this.#store = parts.store;
    this.#log = parts.log;
    this.#room = parts.room;
  }

  get count(): number {
    return this.#inHand.size;
  }

  /** Returns the submission of this id that is being worked on. */
  find(id: Uint8Array): InHand | undefined {
    return this.#inHand.get(toHex(id));
  }

  /**
   * Begins to work on a submission whose id is new. It goes on when whoever sent it is gone.
   * @throws ServeRefused `serve/own-queue`, `serve/busy`
   */
  begin(intake: Intake): InHand {
    this.#room.require(intake.person.id);
    const { id } = intake.submission;
    this.#store.takeInHand(id);
    const inHand = { intake, ended: this.#room.hold(intake.person.id, () => this.#work(intake)) };
    this.#inHand.set(toHex(id), inHand);
    // Whoever waits is told; when nobody does, the request itself says how it ended.
    inHand.ended.catch(() => undefined);
    return inHand;
  }

  async #work(intake: Intake): Promise<Submitted> {
    const { id } = intake.submission;
    let ended = false;
    try {
      const submitted = await submitIntake(this.#world, intake);
      ended = true;
      return submitted;
    } catch (thrown) {
      this.#close(id, 'the submission could not be carried through');
      throw thrown;
    } finally {
      this.#inHand.delete(toHex(id));
      if (ended || this.#isSettled(id)) this.#store.putDown(id);
    }
  }

  /** Ends what a process left behind that died, and what could not be ended at its time. Called at the start and now and then. */
  sweep(): void {
    for (const id of [...this.#store.inHand(), ...this.#forsaken()]) {
      if (this.#inHand.has(toHex(id))) continue;
      this.#close(id, 'the executor stopped while it worked on this; submit it again');
      if (this.#isSettled(id)) this.#store.putDown(id);
    }
  }

  #forsaken(): readonly Uint8Array[] {
    return this.#world.store.database
      .prepare<[number], Uint8Array>(
        "SELECT id FROM request WHERE state IN ('submitted', 'allowed') AND changed_at < ?",
      )
      .pluck()
      .all(this.#world.clock() - forsakenSeconds);
  }

  #isSettled(id: Uint8Array): boolean {
    const state = this.#world.store.stateOf(id);
    return state !== 'submitted' && state !== 'allowed';
  }

  #close(id: Uint8Array, reason: string): void {
    try {
      const row = this.#world.store.request(id);
      if (row?.state === 'submitted' || row?.state === 'allowed')
        withdrawRequest(this.#world, row, 'executor', reason);
    } catch (thrown) {
      // It stays in hand, and the next sweep tries again: a full disk or a broken policy can be mended.
      this.#log('warning', 'not-closed', {
        requestId: toHex(id),
        reason: thrown instanceof Error ? thrown.message : '',
      });
    }
  }
}
