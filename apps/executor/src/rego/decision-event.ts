import { toHex, utf8Length } from '@countersign/codec';
import type { RegoDocument, RegoOutcome } from '@countersign/policy';
import { formatTime } from '@countersign/program';
import type { Intake } from '../stages/intake.ts';
import { executorVersion } from '../version.ts';
import type { World } from '../world.ts';
import type { RegoReply } from './rego-policy.ts';

/** The longest text of an operator's entry, in bytes. */
const eventBytesMax = 4096;

/** What is asked about: who submits it, and the hash of the signed submission. */
export type Asked = Pick<Intake, 'person' | 'submission' | 'hash'>;

interface Decided {
  readonly world: Pick<World, 'origin' | 'clock' | 'random'>;
  readonly asked: Asked;
  readonly path: string;
  readonly document: RegoDocument | undefined;
  readonly reply: RegoReply;
  readonly tookNs: number;
}

/** Returns one decision as an event in the field names of OPA's decision log (docs/spec/rego.md#the-record-of-decisions). */
export function decisionEvent(decided: Decided): string {
  const whole = JSON.stringify(eventOf(decided, false));
  return utf8Length(whole) <= eventBytesMax ? whole : JSON.stringify(eventOf(decided, true));
}

function eventOf({ world, asked, path, document, reply, tookNs }: Decided, short: boolean): object {
  const { outcome, decisionId, bundles } = reply;
  return {
    labels: {
      id: world.origin,
      version: executorVersion,
      target: asked.submission.target,
      submission: toHex(asked.hash),
      ...(document === undefined ? {} : { input_sha256: document.digest }),
    },
    decision_id: decisionId ?? uuid(world.random(16)),
    ...(short ? {} : { bundles }),
    path,
    ...saidBy(outcome, short),
    erased: short ? ['/input', '/result/rules', '/result/reason', '/result/quorum', '/bundles'] : ['/input'],
    requested_by: asked.person.id,
    timestamp: formatTime(world.clock()),
    metrics: { timer_server_handler_ns: tookNs },
  };
}

function saidBy(outcome: RegoOutcome, short: boolean): object {
  if (outcome.type === 'failed') return { error: { code: outcome.code, message: outcome.message } };
  const { decision, rules, reason, quorum } = outcome;
  const places = quorum.flatMap((step, at) => step.map((place) => ({ ...place, step: at + 1 })));
  return { result: { decision, ...(short ? {} : { rules, reason, quorum: places }) } };
}

/** A random UUID (RFC 9562, version 4) of 16 random bytes. */
function uuid(bytes: Uint8Array): string {
  const [head = 0, variant = 0] = [bytes[6], bytes[8]];
  const marked = Uint8Array.from(bytes)
    .fill((head & 0x0f) | 0x40, 6, 7)
    .fill((variant & 0x3f) | 0x80, 8, 9);
  return toHex(marked).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
