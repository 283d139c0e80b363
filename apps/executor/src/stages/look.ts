import { encodeNote } from '@countersign/ledger';
import {
  askMoreUntried,
  knownDiff,
  regoDocument,
  regoVerdict,
  stricter,
  withoutEase,
} from '@countersign/policy';
import type { PolicyInput, RegoDocument, Verdict } from '@countersign/policy';
import { decisionEvent, type Asked } from '../rego/decision-event.ts';
import type { World } from '../world.ts';
import { judge } from './judge.ts';
import { record } from './record.ts';

/** What the policies in force say about one input. */
export interface Look {
  /** The stricter of all. */
  readonly verdict: Verdict;
  /** What the home's own policy says alone. */
  readonly own: Verdict;
  /** What the Rego policy of the target says; undefined when it has none. */
  readonly rego: RegoLook | undefined;
  /** What the same policies say without the declaration of an emergency; undefined when none was made. */
  readonly ordinary: { readonly verdict: Verdict; readonly rego: RegoLook | undefined } | undefined;
}

export interface RegoLook {
  readonly verdict: Verdict;
  /** What it was asked; undefined when that could not be written down. */
  readonly document: RegoDocument | undefined;
  /** For the ledger: one event in the names of OPA's decision log, JSON. */
  readonly event: string;
}

/** Asks the policies in force about a submission. Nothing is recorded. */
export function lookAt(world: World, asked: Asked, input: PolicyInput): Promise<Look> {
  return world.trace.span('decide', {}, async ({ say }) => {
    const declared = await askBoth(world, asked, input);
    const ordinary =
      input.breakGlass === true
        ? await askBoth(world, asked, { ...input, breakGlass: undefined })
        : undefined;
    // What the rules alone would let through unasked in any case, Rego may let through because of the declaration.
    const verdict =
      ordinary === undefined ? declared.verdict : withoutEase(declared.verdict, ordinary.verdict);
    say({ outcome: verdict.decision });
    return { ...declared, verdict, ordinary };
  });
}

async function askBoth(world: World, asked: Asked, input: PolicyInput): Promise<Omit<Look, 'ordinary'>> {
  const own = judge(world, asked, input);
  const rego = await askRego(world, asked, input);
  return { own, rego, verdict: rego === undefined ? own : stricter(own, rego.verdict) };
}

/** Asks the Rego policy of the input's target; undefined when it has none. Nothing is recorded. */
export async function askRego(world: World, asked: Asked, input: PolicyInput): Promise<RegoLook | undefined> {
  const { digest: policyDigest } = world.policy();
  const policy = world.rego(input.target.name);
  if (policy === undefined) return undefined;
  const document = regoDocument(world.policy(), input);
  const began = performance.now();
  const reply =
    document.type === 'failed'
      ? { outcome: document, decisionId: undefined, bundles: {} }
      : await policy.ask(document);
  const tookNs = Math.round((performance.now() - began) * 1e6);
  const said = regoVerdict(reply.outcome, { policyDigest, final: knownDiff(input) !== undefined });
  const verdict = askMoreUntried(said, world.policy(), input.diff);
  const written = document.type === 'failed' ? undefined : document;
  const event = decisionEvent({ world, asked, path: policy.path, document: written, reply, tookNs });
  return { verdict, document: written, event };
}

/** Records every answer of a Rego policy that a look is made of; does nothing when none was asked. */
export function recordLook(world: World, { rego, ordinary }: Pick<Look, 'rego' | 'ordinary'>): void {
  recordRego(world, rego);
  recordRego(world, ordinary?.rego);
}

/** Records what a Rego policy said, for good or ill; does nothing when none was asked. */
export function recordRego(world: World, rego: RegoLook | undefined): void {
  if (rego === undefined) return;
  const note = { person: 'executor', verb: 'rego', text: rego.event };
  record(world, (append) => append('operator', encodeNote('operator', note)));
}
