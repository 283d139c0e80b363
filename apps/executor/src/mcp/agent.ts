import { keyId } from '@countersign/codec';
import type { Person } from '@countersign/messages';
import type { Draft, Identity } from '../stages/intake.ts';
import type { MaskedResult } from '../stages/mask.ts';
import { submitDraft, type Submitted } from '../stages/submit.ts';
import { requireSubmitter } from '../stages/submitter.ts';
import type { Trace } from '../trace/trace.ts';
import type { World } from '../world.ts';
import { Turns } from './turns.ts';

/** For whom a desk works, and how what they ask for is carried out. */
export interface Agent {
  /** Returns who they are now: a roster may have been installed since they were last asked for. @throws what refuses them */
  readonly person: () => Person;
  readonly turns: Turns;
  /** Takes a draft all the way to its verdict, signed for the agent, or as far as it came in `patienceMs`. */
  readonly submit: (draft: Draft, person: Person) => Promise<Begun>;
  /** Does what asks a target; whoever serves many agents bounds it over all of them. */
  readonly hold: <T>(work: () => Promise<T>) => Promise<T>;
  /** After so long a call is answered with what is known; what was begun goes on. */
  readonly patienceMs: number;
  /** Called before the policy is asked: its files may have been tightened. */
  readonly freshPolicy: () => void;
  /** Does what a call asks for, of which it may have said to which trace it belongs. */
  readonly traced: Trace['called'];
  /** Aborted when nobody waits for an answer any more. */
  readonly gone: AbortSignal;
}

/** A submission that was recorded, and the rows of a read that has ended. */
export interface Begun {
  readonly id: Uint8Array;
  readonly result: MaskedResult | undefined;
}

/** Returns what is told of a submission that came to its verdict. */
export function begunOf(submitted: Submitted): Begun {
  const { id } = submitted.intake.submission;
  return { id, result: submitted.kind === 'ran' ? submitted.result : undefined };
}

/** The longest time that a timer knows. */
const foreverMs = 2_147_483_647;

/** Returns the one agent of a program whose client is at its standard input. */
export function localAgent(world: World, { signer }: Identity): Agent {
  return {
    person: () => requireSubmitter(world, keyId(signer.publicKey)),
    turns: new Turns(),
    submit: async (draft, person) => begunOf(await submitDraft(world, draft, { person, signer })),
    hold: (work) => work(),
    patienceMs: foreverMs,
    freshPolicy: () => world.rereadPolicy(),
    traced: world.trace.joined,
    gone: new AbortController().signal,
  };
}
