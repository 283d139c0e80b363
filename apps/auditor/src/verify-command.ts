import { toHex } from '@countersign/codec';
import {
  looksLikeEvidence,
  verifyEvidence,
  type Life,
  type TokenClaims,
  type VerifiedLedger,
} from '@countersign/ledger';
import { decodeApproverState } from '@countersign/messages';
import { ExitCode, formatTime, readFileCarefully, type Output, type ProgramRun } from '@countersign/program';
import { AuditError } from './audit-error.ts';
import { emergenciesOf, emergencyLine } from './emergencies.ts';
import { loadAnchor, loadLedger, readLedgerFile, reportingRefusal, trustIn } from './load.ts';
import { findingLine, policyAgain } from './policy-again.ts';
import { unknownRowsLine, unknownRowsOf } from './unknown-rows.ts';

interface VerifyOptions {
  readonly root?: string;
  readonly head?: readonly string[];
  readonly journal?: readonly string[];
  readonly acceptDispute?: readonly string[];
}

const noteBytesMax = 16_384;
const journalBytesMax = 67_108_864;

/** Verifies a bundle or an evidence file and says what it holds. */
export function verifyCommand(path: string, options: VerifyOptions, { output }: ProgramRun): ExitCode {
  const anchor = loadAnchor(options.root ?? '');
  const heads = (options.head ?? []).map(readNote);
  const journals = (options.journal ?? []).map((file) =>
    decodeApproverState(readFileCarefully(file, { bytesMax: journalBytesMax })),
  );
  const disputesAccepted = (options.acceptDispute ?? []).map(parseIndex);
  const bytes = readLedgerFile(path);
  return reportingRefusal(output, () => {
    const trust = { ...trustIn(anchor), heads, journals, disputesAccepted };
    if (!looksLikeEvidence(bytes)) {
      const held = { heads: heads.length, journals: journals.length };
      return reportLedger(loadLedger(bytes, trust, output), held, output);
    }
    reportEvidence(verifyEvidence(bytes, trust), output);
    return ExitCode.done;
  });
}

function readNote(path: string): string {
  const bytes = readFileCarefully(path, { bytesMax: noteBytesMax });
  // Malformed text cannot be a note that verifies: the replacement characters make it one of another form.
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function parseIndex(text: string): number {
  if (/^(0|[1-9][0-9]{0,14})$/.test(text)) return Number(text);
  throw new AuditError('usage/index', 'the index of an entry is a whole number');
}

function reportLedger(
  ledger: VerifiedLedger,
  held: { readonly heads: number; readonly journals: number },
  output: Output,
): ExitCode {
  const { origin, domain, size, root, chain, notices } = ledger;
  const lives = [...ledger.lives.values()];
  const erased = notices.filter((notice) => notice.type === 'erased').map((notice) => notice.index);
  const unproved = lives.filter((life) => !life.proved).map((life) => life.id);
  const states = countBy(lives.map((life) => life.state));
  const tokens = tokensOf(lives);
  const emergencies = emergenciesOf(lives, (index) => ledger.entries[index]);
  const rowsNotKnown = unknownRowsOf(lives, (index) => ledger.entries[index]);
  const { findings, ...policy } = policyAgain(ledger);
  const isSound = findings.length === 0;
  output.document({
    ...(isSound
      ? { code: 'ledger/verified', message: `all ${size} entries verify` }
      : { code: 'audit/against-policy', message: againstPolicy(findings.length) }),
    kind: 'ledger',
    origin,
    domain,
    size,
    root,
    checkpoint: ledger.checkpoint,
    roster: chain.number,
    entries: countBy(ledger.entries.map(({ entry }) => entry.type)),
    requests: states,
    erased,
    unproved,
    tokens,
    emergencies,
    rowsNotKnown,
    policy: { ...policy, findings },
    notices,
    heads: held.heads,
    journals: held.journals,
  });
  const last = ledger.entries.at(-1)?.entry.madeAt ?? 0;
  const { green, red } = output.colours;
  const verdict = isSound ? green('verified') : red('entries verify, not what they let through');
  output.line(`${verdict}: ${size} entries of ${origin}, the last of ${formatTime(last)}`);
  output.line(`root ${toHex(root)}, roster ${chain.number}`);
  const told = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  output.line(`requests: ${told.length === 0 ? 'none' : told.join(', ')}`);
  if (tokens.length > 0) {
    const count = tokens.reduce((sum, { requests }) => sum + requests, 0);
    output.line(`${count} submissions by ${tokens.length} workload tokens that verify`);
  }
  for (const emergency of emergencies) output.line(emergencyLine(emergency));
  for (const open of rowsNotKnown) output.line(unknownRowsLine(open));
  output.line(
    `policy asked again: in full of ${policy.asked}, by target and hour of ${policy.outlined} (reads), not at all of ${policy.notAsked}`,
  );
  for (const finding of findings) output.line(findingLine(finding));
  output.line(`held against ${held.heads} kept heads and ${held.journals} journals`);
  for (const notice of notices) output.line(`notice: entry ${notice.index}: ${notice.type}`);
  for (const id of unproved)
    output.line(`notice: request ${toHex(id)} cannot be proved: a body of it was erased`);
  if (!isSound && !output.json) output.note(`${againstPolicy(findings.length)} [audit/against-policy]`);
  return isSound ? ExitCode.done : ExitCode.verificationFailed;
}

function againstPolicy(count: number): string {
  const entries = count === 1 ? '1 entry lets' : `${count} entries let`;
  return `${entries} through what the recorded policy does not`;
}

interface TokenUse extends Pick<TokenClaims, 'issuer' | 'subject'> {
  readonly index: number;
  readonly person: string;
  /** How many submissions it stood for. */
  readonly requests: number;
}

/** Returns the tokens that stood for submitters, with what an auditor holds against the issuer's own words. */
function tokensOf(lives: readonly Life[]): readonly TokenUse[] {
  const uses = new Map<number, TokenUse>();
  for (const { token } of lives) {
    if (token === undefined || token === 'unproved') continue;
    const { index, person, claims } = token;
    const use = uses.get(index) ?? {
      index,
      person,
      issuer: claims.issuer,
      subject: claims.subject,
      requests: 0,
    };
    uses.set(index, { ...use, requests: use.requests + 1 });
  }
  return [...uses.values()];
}

function reportEvidence(evidence: ReturnType<typeof verifyEvidence>, output: Output): void {
  const { origin, domain, size, root, life, entries } = evidence;
  const entryAt = (index: number): (typeof entries)[number] | undefined =>
    entries.find((each) => each.index === index);
  const emergencies = emergenciesOf([life], entryAt);
  const rowsNotKnown = unknownRowsOf([life], entryAt);
  output.document({
    code: 'evidence/verified',
    message: `${entries.length} entries verify`,
    kind: 'evidence',
    origin,
    domain,
    size,
    root,
    requestId: life.id,
    state: life.state,
    proved: life.proved,
    entries: entries.map(({ index }) => index),
    emergencies,
    rowsNotKnown,
  });
  output.line(`${output.colours.green('verified')}: request ${toHex(life.id)}: ${life.state}`);
  output.line(`${entries.length} entries of a ledger of ${size} at ${origin}, root ${toHex(root)}`);
  for (const emergency of emergencies) output.line(emergencyLine(emergency));
  for (const open of rowsNotKnown) output.line(unknownRowsLine(open));
  if (!life.proved) output.line('notice: it cannot be proved: a body of it was erased');
  if (life.token === 'unproved') output.line('notice: the workload token that it names is not in this file');
  output.line(
    'notice: it shows that these entries stand in the ledger, and not that no others about this request do',
  );
  output.line('notice: or that no later roster took a vote away; that takes the whole ledger');
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
