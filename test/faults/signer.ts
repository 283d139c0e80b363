import { keyId, toHex, type Signer } from '@countersign/codec';
import {
  acceptReview,
  composeDecision,
  decodeBundle,
  encodeResponse,
  logOf,
  newApproverState,
  recordDecision,
  reviewBundle,
  signDecision,
  verifyRosterChain,
  type ApproverState,
  type Decision,
  type DecisionChoice,
  type Review,
  type RootKeys,
} from '@countersign/messages';
import type { Verified } from '@countersign/codec';
import { nodeSigner, nodeVerifier, systemClock } from '@countersign/program';
import { demoSeed } from '../../apps/executor/src/setup/demo-people.ts';

type Wish = Pick<DecisionChoice, 'choice'> & Partial<DecisionChoice>;

/** The root keys of every demonstration home. */
export const anchor: RootKeys = { threshold: 1, keys: [nodeSigner(demoSeed('root-1')).publicKey] };
const fullView = { program: new Uint8Array(32), depth: 'full', warnings: [] } as const;

/** Returns the response (`*.csdec`) that carries these signed decisions. */
export function responseOf(domain: Uint8Array, decisions: readonly Uint8Array[]): Uint8Array {
  return encodeResponse({ version: 1, domain, decisions });
}

/** An approver's machine: the rules of the records over one key, with a memory; and a forger who keeps none of them. */
export class Approver {
  readonly signer: Signer;
  readonly kid: Uint8Array;
  #state: ApproverState | undefined;

  constructor(signer: Signer) {
    this.signer = signer;
    this.kid = keyId(signer.publicKey);
  }

  /** The approver with the published key of this name. */
  static published(name: string): Approver {
    return new Approver(nodeSigner(demoSeed(name)));
  }

  get kidText(): string {
    return toHex(this.kid);
  }

  get domain(): Uint8Array {
    return this.#state?.domain ?? new Uint8Array(16);
  }

  /** Reviews a bundle by this machine's memory; throws what the review refuses it with. */
  review(bundle: Uint8Array): Verified<Review> {
    return reviewBundle(bundle, this.#stateFor(bundle), anchor, nodeVerifier, systemClock());
  }

  /** Reviews and decides as an honest machine does, and returns the signed decision. */
  sign(bundle: Uint8Array, wish: Wish): Uint8Array {
    const state = this.#stateFor(bundle);
    const review = this.review(bundle);
    const chosen = { view: fullView, rosterConfirmed: true, ...wish };
    const signed = signDecision(composeDecision(review, chosen, state, systemClock()), this.signer);
    this.#state = recordDecision(review, signed, state, nodeVerifier);
    return signed;
  }

  /** Reviews and decides as an honest machine does, and returns the response to carry back. */
  decide(bundle: Uint8Array, wish: Wish): Uint8Array {
    const signed = this.sign(bundle, wish);
    return responseOf(this.domain, [signed]);
  }

  /** Looks at a bundle, decides nothing, and remembers its head. */
  look(bundle: Uint8Array): void {
    this.#state = acceptReview(this.review(bundle), this.#stateFor(bundle));
  }

  /** Signs an approval that no honest machine would: `change` makes of a decent decision what the test wants. */
  forge(bundle: Uint8Array, change: (decent: Decision) => Decision = (decent) => decent): Uint8Array {
    const state = this.#stateFor(bundle);
    const review = this.review(bundle);
    const { origin, size, root } = review.checkpoint;
    const log = logOf(state, origin);
    const decent: Decision = {
      version: 1,
      domain: state.domain,
      roster: review.chain.ref(),
      requestId: review.request.record.id,
      requestHash: review.request.hash,
      choice: 'approve',
      sequence: log.sequence,
      previous: log.last,
      witnessed: { origin, size, root, pinned: log.pinned },
      madeAt: systemClock(),
      view: fullView,
    };
    return responseOf(state.domain, [signDecision(change(decent), this.signer)]);
  }

  #stateFor(bundle: Uint8Array): ApproverState {
    if (this.#state !== undefined) return this.#state;
    const { domain } = verifyRosterChain(decodeBundle(bundle).rosters, anchor, nodeVerifier);
    this.#state = newApproverState(domain, this.kid);
    return this.#state;
  }
}
