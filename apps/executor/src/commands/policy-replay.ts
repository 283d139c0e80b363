import { equalBytes, toHex } from '@countersign/codec';
import {
  claimedAnchor,
  exportBundle,
  verifyBundle,
  type LedgerTrust,
  type VerifiedLedger,
} from '@countersign/ledger';
import { formatExpect, loadPolicy, policyDigest, PolicyError, type Verdict } from '@countersign/policy';
import {
  ExitCode,
  formatTime,
  loadRootFile,
  nodeVerifier,
  ProgramError,
  readFileCarefully,
  type Implementation,
  type Invocation,
  type Output,
} from '@countersign/program';
import { resolve } from 'node:path';
import { hasHome, policyDirectory, readPolicyFiles } from '../home/policy-folder.ts';
import { listed } from '../listed.ts';
import { replayGaps, type Kept, type ReplayGap } from '../stages/replay-input.ts';
import { replay, type Replayed, type Unreplayed } from '../stages/replay.ts';
import { usageJudged } from '../store/usage.ts';
import type { World } from '../world.ts';
import { policyTarget } from './policy-check.ts';
import { quorumDocument } from './request-document.ts';
import { inHome } from './session.ts';

/** The largest audit bundle that is read, in bytes: what one buffer holds. */
const bundleBytesMax = 2_147_483_647;

/** `policy test --replay`: which past submissions the rules in the folder would decide otherwise. Nothing is recorded. */
export const policyReplay: Implementation = (invocation) => {
  const { run, options } = invocation;
  if (options.flag('mutate') || options.text('seconds') !== undefined)
    throw new ProgramError(
      'usage/arguments',
      '--replay runs no cases, expected it without --mutate and --seconds',
    );
  const bundle = options.text('replay');
  if (bundle !== undefined && options.text('dir') !== undefined && !hasHome(run, options.text('home')))
    return Promise.resolve(show(invocation, undefined));
  return inHome(({ world, ...session }) => show(session, world))(invocation);
};

function show({ run, options }: Invocation, world: World | undefined): ExitCode {
  const { output } = run;
  const policy = loadPolicy(readPolicyFiles(policyDirectory(run, options.text('dir'), options.text('home'))));
  const typed = options.text('replay');
  const bytes =
    typed === undefined && world !== undefined
      ? Buffer.concat([...exportBundle(world.ledger)])
      : readFileCarefully(resolve(run.surroundings.workingDirectory, typed ?? ''), {
          bytesMax: bundleBytesMax,
        });
  const ledger = verified(new Uint8Array(bytes), world, output);
  const isOwn = world !== undefined && equalBytes(world.domain, ledger.domain);
  const all = replay(ledger, policy, isOwn ? keptBy(world) : undefined);
  const replayed = all.filter((each) => each.type === 'replayed');
  const changes = replayed.filter(({ changed }) => changed);
  const unreplayed = all.filter((each) => each.type === 'unreplayed');
  const same = changes.length === 0;
  output.document({
    ...(same
      ? { code: 'policy/replay-same' }
      : {
          code: 'policy/replay-changes',
          message: `${changes.length} of ${replayed.length} submissions would be decided otherwise`,
          hint: 'look at each change; change the rules where it is not wanted',
        }),
    policyDigest: policy.digest,
    ledger: { origin: ledger.origin, size: ledger.size, rootKnown: world !== undefined },
    submissions: all.length,
    replayed: replayed.length,
    fromTextAlone: replayed.filter(({ source }) => source === 'text').length,
    changes: changes.map(changeDocument),
    notReplayed: unreplayed.map(({ past, gap }) => ({
      requestId: toHex(past.id),
      gap,
      message: replayGaps[gap],
    })),
    regoAsked: false,
  });
  for (const change of changes) showChange(output, change);
  showCounts(output, { all: all.length, replayed, changes: changes.length, unreplayed });
  return same ? ExitCode.done : ExitCode.error;
}

function verified(bytes: Uint8Array, world: World | undefined, output: Output): VerifiedLedger {
  const progress = output.progress('verifying entries');
  const trust: LedgerTrust = {
    anchor: anchorOf(bytes, world),
    verifier: nodeVerifier,
    policyDigest: digestOf,
  };
  try {
    return verifyBundle(bytes, trust, (count, size) => progress.update(count, size));
  } finally {
    progress.end();
    if (world === undefined)
      output.note(
        'note: there is no home here; the ledger was only held against the root keys that it names itself',
      );
  }
}

function anchorOf(bytes: Uint8Array, world: World | undefined): LedgerTrust['anchor'] {
  if (world === undefined) return claimedAnchor(bytes);
  const { threshold, keys } = loadRootFile(world.paths.rootFile);
  return { threshold, keys: keys.map(({ key }) => key) };
}

/** Files that are no policy's have a digest that no ledger states. */
function digestOf(files: readonly (readonly [path: string, text: string])[]): Uint8Array {
  try {
    return policyDigest(files.map(([path, text]) => ({ path, text })));
  } catch (thrown) {
    if (!(thrown instanceof PolicyError)) throw thrown;
    return new Uint8Array(0);
  }
}

function keptBy({ store, configuration }: World): Kept {
  return {
    facts: (id) => store.request(id)?.facts,
    usage: (id) => usageJudged(store, id),
    target: (name) => {
      const setting = configuration.targets.get(name);
      return setting === undefined ? undefined : policyTarget(setting);
    },
  };
}

function changeDocument({ past, source, before, after }: Replayed): object {
  return {
    requestId: toHex(past.id),
    recordedAt: formatTime(past.recordedAt),
    submitter: past.person?.id,
    target: past.submission?.target,
    facts: source,
    before: verdictPart(before),
    after: { ...verdictPart(after), pending: after.pending },
  };
}

function verdictPart({ decision, rules, reason, quorum, obligations }: Verdict): object {
  const named = obligations.map(([name, value]) => ({ name, value }));
  return { decision, rules, reason, quorum: quorumDocument(quorum), obligations: named };
}

function showChange(output: Output, { past, source, before, after }: Replayed): void {
  const { colours } = output;
  const { submission, person, recordedAt } = past;
  const text = source === 'text' ? '  (read from its text alone)' : '';
  const head = `${person?.id ?? ''} on ${submission?.target ?? ''}, ${formatTime(recordedAt)}${text}`;
  output.line(`${colours.yellow('changed')}  ${toHex(past.id)}  ${colours.dim(head)}`);
  output.line(`         - ${formatExpect(before)}: ${before.reason}`);
  output.line(`         + ${formatExpect(after)}: ${after.reason}`);
  const asked = (verdict: Verdict): string =>
    listed(
      verdict.obligations.map(([name, value]) => `${name}: ${value}`),
      'nothing',
    );
  if (asked(before) !== asked(after) && after.decision !== 'deny')
    output.line(`         obliges ${asked(before)}, then ${asked(after)}`);
  if (after.pending.length > 0 && after.decision !== 'deny')
    output.line(
      `         at least that; once its rows were known, these would decide too: ${listed(after.pending)}`,
    );
}

function showCounts(
  output: Output,
  {
    all,
    replayed,
    changes,
    unreplayed,
  }: {
    readonly all: number;
    readonly replayed: readonly Replayed[];
    readonly changes: number;
    readonly unreplayed: readonly Unreplayed[];
  },
): void {
  const { colours } = output;
  const same =
    unreplayed.length === 0 ? colours.green('the same') : colours.yellow('the same, as far as can be said');
  const word = changes === 0 ? same : colours.yellow(`${changes} otherwise`);
  output.line(`${word}  ${replayed.length} of ${all} ${all === 1 ? 'submission' : 'submissions'} replayed`);
  const texts = replayed.filter(({ source }) => source === 'text').length;
  if (texts > 0) output.line(colours.dim(`read from the text alone, without a catalogue: ${texts}`));
  const gaps = new Map<ReplayGap, number>();
  for (const { gap } of unreplayed) gaps.set(gap, (gaps.get(gap) ?? 0) + 1);
  for (const [gap, count] of gaps)
    output.line(colours.yellow(`not replayed: ${count}, ${replayGaps[gap]} [${gap}]`));
}
