import { equalBytes, toHex } from '@countersign/codec';
import { fromPages, type Cell, type Diff, type Row } from '@countersign/diff';
import { digestWords } from '@countersign/keys';
import { tally, type Quorum, type Request } from '@countersign/messages';
import type { Verdict } from '@countersign/policy';
import { formatTime } from '@countersign/program';
import { decodeFacts, factsJson, type Facts } from '@countersign/sql';
import { decodeVerdictBody } from '../stages/assess.ts';
import { splitPages } from '../stages/export.ts';
import {
  countedDecisions,
  decisionOfRow,
  isEmergency,
  requestOfRow,
  requireSealed,
} from '../stages/known-request.ts';
import { effectInReceipt, signedDiff } from '../stages/stored-diff.ts';
import { isTolerant, signedTolerance } from '../stages/tolerance.ts';
import { waitsInVain } from '../stages/revoked-submitter.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';
import { driftOf, type Drift } from './drift.ts';

/** Five words of the digest, for reading aloud. */
export function wordsOf(digest: Uint8Array): string {
  return digestWords(digest);
}

/** Returns the quorum as the documents give it: one flat list, each place with its step from 1. */
export function quorumDocument(quorum: Quorum): readonly object[] {
  return quorum.flatMap((step, index) => step.map(({ role, count }) => ({ role, count, step: index + 1 })));
}

/** Returns the verdict as `submit --json` and `policy explain --json` give it. */
export function verdictDocument(verdict: Verdict): object {
  const { decision, rules, reason, policyDigest, quorum, matched, pending } = verdict;
  return { decision, rules, reason, policyDigest, quorum: quorumDocument(quorum), matched, pending };
}

/** Returns the counts of a diff; the rows themselves are what `diff --json` gives. */
export function diffSummary(diff: Diff, digest: Uint8Array): object {
  return {
    digest,
    tables: diff.tables.map(({ table, inserted, updated, deleted }) => ({
      table,
      inserted,
      updated,
      deleted,
    })),
    schema: diff.schema.map(({ object, name, before, after }) => ({ object, name, before, after })),
    notPreviewed: diff.notPreviewed,
    complete: diff.complete,
  };
}

/** Returns every row of a diff. */
export function diffDocument(diff: Diff, digest: Uint8Array): object {
  return {
    ...diffSummary(diff, digest),
    rows: diff.tables.flatMap(({ table, columns, key, changes }) =>
      changes.map(({ before, after }) => ({
        table,
        change: before === null ? 'insert' : after === null ? 'delete' : 'update',
        key: key.map((column) => columns[column]),
        before: cellsByColumn(columns, before),
        after: cellsByColumn(columns, after),
      })),
    ),
  };
}

/** Returns the cells of a row by column, whose names are the database's own. */
function cellsByColumn(columns: readonly string[], row: Row | null): ReadonlyMap<string, Cell> | null {
  return row === null ? null : new Map(row.map((cell, index) => [columns[index] ?? '', cell]));
}

/** Returns how the run of a drifted request parted from what was signed; undefined when the statements were not tried. */
export function driftOfRow(row: RequestRow): Drift | undefined {
  if (row.state !== 'drifted' || row.asRun === null) return undefined;
  const effect = effectInReceipt(row);
  if (effect === null || effect === undefined) return undefined;
  const request = requestOfRow(requireSealed(row));
  return driftOf(request, signedDiff(row, request), fromPages(splitPages(row.asRun), effect.diffDigest));
}

/** Returns the facts of a stored request. */
export function factsOfRow(row: RequestRow, sql: readonly string[]): Facts {
  return decodeFacts(row.facts, sql);
}

/** Returns what `list --json` says of a request. */
export function rowDocument(row: RequestRow): object {
  return {
    requestId: toHex(row.id),
    sequence: row.sequence,
    state: row.state,
    target: row.target,
    submitter: row.submitter,
    madeAt: formatTime(row.madeAt),
    changedAt: formatTime(row.changedAt),
    digest: row.digest ?? undefined,
    words: row.digest === null ? undefined : wordsOf(row.digest),
    reviewBy: row.reviewBy === null ? undefined : formatTime(row.reviewBy),
    runBy: row.runBy === null ? undefined : formatTime(row.runBy),
    breakGlass: isEmergency(row) ? true : undefined,
    detail: row.detail ?? undefined,
  };
}

/** Returns what policy says without the declaration of an emergency; undefined when none was made. */
export function ordinaryDocument({ breakGlass }: Request): object | undefined {
  if (breakGlass === undefined) return undefined;
  return { decision: breakGlass.decision, quorum: quorumDocument(breakGlass.quorum) };
}

/** Returns what `show --json` says of a request; `drift` for whoever has it already. */
export function requestDocument(
  world: World,
  row: RequestRow,
  drift: Drift | undefined = driftOfRow(row),
): object {
  const verdict = decodeVerdictBody(row.verdict);
  const base = {
    ...rowDocument(row),
    submitterRevoked: waitsInVain(world, row) ? true : undefined,
    verdict: { ...verdict, submissionHash: undefined },
  };
  if (row.sealed === null) return base;
  const request = requestOfRow(requireSealed(row));
  const counted = countedDecisions(world, row.id);
  const votes = tally(request.policy.quorum, counted);
  return {
    ...base,
    verdict: { ...base.verdict, quorum: quorumDocument(request.policy.quorum) },
    statements: request.statements,
    facts: factsJson(
      factsOfRow(
        row,
        request.statements.map(({ sql }) => sql),
      ),
    ),
    diff: diffSummary(signedDiff(requireSealed(row), request), request.effect.diffDigest),
    drift,
    effect: { ...request.effect, diff: undefined },
    ...toleranceDocument(row, request),
    quorum: quorumDocument(request.policy.quorum),
    missing: votes.state === 'open' ? votes.missing : [],
    follows: request.follows === undefined ? undefined : toHex(request.follows.id),
    ordinary: ordinaryDocument(request),
    attempts: row.attempt,
    decisions: world.store.decisionsOf(row.id).map((decision) => {
      const { note, conditions, madeAt, proposal } = decisionOfRow(decision);
      const { person, choice, refused } = decision;
      return {
        person,
        choice,
        counted: refused === null,
        refused: refused ?? undefined,
        note,
        conditions,
        proposal,
        madeAt: formatTime(madeAt),
      };
    }),
  };
}

/** Returns what the run may do otherwise than signed, and of a run that did so what it did; nothing where nothing may differ. */
function toleranceDocument(row: RequestRow, request: Request): object {
  if (!isTolerant(request)) return {};
  const { columns, fewerRows } = signedTolerance(request);
  const tolerance = { mayDrift: columns, fewerRows };
  const effect = effectInReceipt(row);
  if (row.state !== 'executed' || effect === undefined) return { tolerance };
  // Null: it was cut off, and which rows they were is not known.
  if (effect === null) return { tolerance, asRun: null };
  if (equalBytes(effect.diffDigest, request.effect.diffDigest)) return { tolerance };
  const { diffDigest: digest, rows, tables, complete } = effect;
  return { tolerance, asRun: { digest, rows, tables, complete } };
}
