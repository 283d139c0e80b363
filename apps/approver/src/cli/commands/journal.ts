import { toHex } from '@countersign/codec';
import { composeResponse, encodeApproverState, type ApproverState } from '@countersign/messages';
import {
  ExitCode,
  formatTime,
  loadPublicKey,
  nodeVerifier,
  quote,
  type Implementation,
  type Invocation,
} from '@countersign/program';
import { formatQuantity } from '@countersign/wording';
import { existsSync } from 'node:fs';
import { journalOf, verifyJournal, type JournalledDecision } from '../../core/journal.ts';
import { ApproverError } from '../approver-error.ts';
import { deliver, mediaOf } from '../deliver.ts';
import { chosenKey, findHome, type KeyFiles } from '../home.ts';
import { loadState } from '../memory.ts';
import { refusalOr, reportRefusal, type Refusal } from '../refusal.ts';

/** `journal show`: what the key has signed. */
export const journalShow: Implementation = (invocation) =>
  withState(invocation, (_files, state) => {
    const decisions = journalOf(state);
    report(invocation, 'journal/shown', state, decisions);
    return ExitCode.done;
  });

/** `journal verify`: the chain, and the signature of every decision in it. */
export const journalVerify: Implementation = (invocation) =>
  withState(invocation, (files, state) => {
    if (!existsSync(files.publicKey)) {
      throw new ApproverError('key/unknown', `${quote(files.publicKey)} is missing`, {
        hint: 'put the public half of the key back beside it',
      });
    }
    const { key } = loadPublicKey(files.publicKey);
    const seen = refusalOr(files.state, () => verifyJournal(state, key, nodeVerifier));
    if ('refusal' in seen) return reportRefusal(invocation.run, seen.refusal);
    report(invocation, 'journal/verified', state, seen.value);
    const { output } = invocation.run;
    output.line(
      `${output.colours.green('verified')}  ${formatQuantity(seen.value.length, 'decision')}, signed by ${files.name}`,
    );
    return ExitCode.done;
  });

/** `journal export`: the state for an auditor, or what the ledgers have not confirmed. */
export const journalExport: Implementation = (invocation) =>
  withState(invocation, async (files, state) => {
    const { run, options } = invocation;
    const unconfirmed = options.flag('unconfirmed');
    const bytes = unconfirmed ? openResponse(state) : encodeApproverState(state);
    const media = mediaOf(options, unconfirmed ? `${files.name}.csdec` : `${files.name}-journal.csstate`);
    const { files: written, codes } = await deliver(run, bytes, media);
    run.output.document({
      code: 'journal/exported',
      unconfirmed,
      files: written,
      bytes: bytes.length,
      codes,
    });
    return ExitCode.done;
  });

/** A response goes back to one executor: that of the log with unconfirmed decisions. */
function openResponse(state: ApproverState): Uint8Array {
  const open = state.logs.flatMap(({ origin }) => {
    const bytes = composeResponse(state, origin);
    return bytes === undefined ? [] : [{ origin, bytes }];
  });
  const [first, ...more] = open;
  if (first === undefined) {
    throw new ApproverError(
      'journal/nothing',
      'every decision was seen in its ledger; there is nothing to hand over',
    );
  }
  if (more.length === 0) return first.bytes;
  throw new ApproverError('journal/several', `unconfirmed decisions for ${open.length} executors`, {
    hint: `deciding on a request of one of them writes its response again: ${open.map(({ origin }) => origin).join(', ')}`,
  });
}

async function withState(
  invocation: Invocation,
  act: (files: KeyFiles, state: ApproverState) => ExitCode | Promise<ExitCode>,
): Promise<ExitCode> {
  const files = chosenKey(findHome(invocation), invocation.options.text('key'));
  const loaded: { readonly value: ApproverState | null } | { readonly refusal: Refusal } = refusalOr(
    files.state,
    () => loadState(files),
  );
  if ('refusal' in loaded) return reportRefusal(invocation.run, loaded.refusal);
  if (loaded.value !== null) return act(files, loaded.value);
  throw new ApproverError('journal/nothing', `the key ${quote(files.name)} has not signed anything yet`);
}

function report(
  { run: { output } }: Invocation,
  code: string,
  state: ApproverState,
  decisions: readonly JournalledDecision[],
): void {
  const { domain, kid, logs } = state;
  output.document({
    code,
    domain,
    kid,
    logs: logs.map(({ origin, pinned, sequence, last }) => ({ origin, pinned, sequence, last })),
    decisions: decisions.map(({ origin, hash, decision, confirmed, refusal }) => ({
      origin,
      sequence: decision.sequence,
      choice: decision.choice,
      requestId: decision.requestId,
      madeAt: formatTime(decision.madeAt),
      note: decision.note,
      hash,
      confirmed,
      refusal,
    })),
  });
  for (const { origin, pinned } of logs)
    output.line(`${output.colours.bold(origin)}  seen up to entry ${pinned === null ? 0 : pinned.size}`);
  for (const one of decisions) output.line(decisionLine(one));
}

function decisionLine({ decision, confirmed, refusal }: JournalledDecision): string {
  const { sequence, madeAt, choice, requestId, note } = decision;
  const standing = refusal ?? (confirmed ? 'in the ledger' : 'not seen in the ledger yet');
  const said = note === undefined ? '' : `: ${note}`;
  return `${String(sequence).padStart(4)}  ${formatTime(madeAt)}  ${choice.padEnd(7)} ${toHex(requestId).slice(0, 8)}  ${standing}${said}`;
}
