import type { SignatureVerifier, Signer, Verified } from '@countersign/codec';
import type { RosterChain } from '@countersign/messages';
import type { Policy, PolicyFile } from '@countersign/policy';
import type { Clock, Random } from '@countersign/program';
import type { RunStep, Target } from '@countersign/targets';
import type { Configuration, TargetSetting } from './home/configuration.ts';
import type { HomePaths } from './home/home-directory.ts';
import type { RegoPolicy } from './rego/rego-policy.ts';
import type { StoredLedger } from './store/stored-ledger.ts';
import type { Store } from './store/store.ts';
import type { Trace } from './trace/trace.ts';

/** The points at which an executor may die; a test kills it at each of them. */
export const faultPoints = [
  'submission-recorded',
  'verdict-recorded',
  'request-sealed',
  'decision-recorded',
  'intent-recorded',
  'target-returned',
  'receipt-recorded',
] as const;
export type FaultPoint = (typeof faultPoints)[number] | RunStep;

/** Everything the stages reach outside themselves. One for each process and home. */
export interface World {
  readonly paths: HomePaths;
  readonly configuration: Configuration;
  /** 16 bytes. */
  readonly domain: Uint8Array;
  /** Origin of this executor's ledger. */
  readonly origin: string;
  readonly store: Store;
  readonly ledger: StoredLedger;
  /** The executor's key: signs requests, receipts and checkpoints. */
  readonly signer: Signer;
  readonly verifier: SignatureVerifier;
  /**
   * Whole seconds since 1970, never before the ledger's last entry.
   * @throws `home/clock` when the clock stands minutes behind what was already recorded
   */
  readonly clock: Clock;
  readonly random: Random;
  /** The rosters up to the one in force, verified against the root file. */
  readonly chain: () => Verified<RosterChain>;
  /** The policy in force; recorded in the ledger before it is first used. */
  readonly policy: () => Policy;
  /** The Rego policy of a target, asked beside `policy()`; its source is part of that one's digest. */
  readonly rego: (target: string) => RegoPolicy | undefined;
  /** The file that stands for the targets' Rego policies in that digest; undefined when there are none. */
  readonly regoFile: () => PolicyFile | undefined;
  /** Makes the next `policy()` read the files again: for who waited meanwhile. */
  readonly rereadPolicy: () => void;
  /** @throws `target/unknown` */
  readonly targetSetting: (name: string) => TargetSetting;
  /** Opens a target, once. @throws `target/unknown`, and the target's own errors */
  readonly target: (name: string) => Target;
  /** Where spans of what is done go. */
  readonly trace: Trace;
  /** Told at every fault point; does nothing outside tests. */
  readonly reached: (point: FaultPoint) => void;
  /** Closes targets and store. */
  readonly close: () => Promise<void>;
}
