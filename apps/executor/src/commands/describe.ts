import { parseEnvelope } from '@countersign/codec';
import type { Diff } from '@countersign/diff';
import {
  decodeSubmission,
  tally,
  type PersonKind,
  type Request,
  type Submission,
} from '@countersign/messages';
import { describeRequest, renderTerminal, type Document, type SectionId } from '@countersign/wording';
import { coloursWanted, type ProgramRun } from '@countersign/program';
import { countedDecisions, decisionOfRow, requestOfRow, requireSealed } from '../stages/known-request.ts';
import { signedDiff } from '../stages/stored-diff.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';
import { factsOfRow, wordsOf } from './request-document.ts';
import { shownDiff } from './shown-diff.ts';

/** Sections that make sense on the executor's own side; the approver's machine makes the checks. */
const ownSections: readonly SectionId[] = [
  'emergency',
  'who',
  'why',
  'where',
  'what',
  'changes',
  'schema',
  'locks',
  'not-previewed',
  'policy',
  'quorum',
  'clocks',
];

/** Returns a sealed request in the same words that an approver reads; `shown` puts what its run did in the place of what was signed. */
export function describeSealed(
  world: World,
  row: RequestRow,
  only: readonly SectionId[] = ownSections,
  shown?: { readonly request: Request; readonly diff: Diff },
): Document {
  const sealed = requireSealed(row);
  const request = shown?.request ?? requestOfRow(sealed);
  const sql = request.statements.map((statement) => statement.sql);
  const document = describeRequest(
    {
      request,
      requestHash: sealed.digest,
      requestWords: wordsOf(sealed.digest),
      submission: submissionOfRow(row),
      requester: requesterOf(world, row),
      origin: world.origin,
      checks: [],
      warnings: [],
      facts: { signed: factsOfRow(row, sql), here: null },
      diff: shownDiff(request, shown?.diff ?? signedDiff(row, request)),
      earlier: earlierOf(world, row),
      quorum: quorumState(world, row, request),
      now: world.clock(),
    },
    'full',
  );
  return keepSections(document, only);
}

/** Returns a document with only the sections named, and nothing about confirming: that is the approver's. */
export function keepSections(document: Document, only: readonly SectionId[]): Document {
  return {
    ...document,
    confirmRows: null,
    sections: document.sections.filter(({ id }) => only.includes(id)),
  };
}

/** Returns a document as text for the terminal of this run. */
export function renderFor(run: ProgramRun, document: Document): string {
  const { stdout, environment } = run.surroundings;
  const width = Math.max(40, Math.min(stdout.columns ?? 100, 140));
  return renderTerminal(document, { colour: coloursWanted(environment, stdout.isTTY === true), width });
}

/** Returns the submission that a row's signed bytes hold. */
export function submissionOfRow(row: RequestRow): Submission {
  const { payload } = parseEnvelope(row.submission);
  return decodeSubmission(payload ?? new Uint8Array());
}

function requesterOf(
  world: World,
  row: RequestRow,
): { id: string; name: string; kind: PersonKind; roles: readonly string[] } {
  const person = world.chain().current.person(row.submitter);
  return person ?? { id: row.submitter, name: row.submitter, kind: 'human', roles: [] };
}

function earlierOf(world: World, row: RequestRow) {
  return world.store
    .decisionsOf(row.id)
    .filter(({ refused }) => refused === null)
    .map((decision) => {
      const { madeAt, note, conditions, choice } = decisionOfRow(decision);
      const name = world.chain().current.person(decision.person)?.name ?? decision.person;
      return {
        person: { id: decision.person, name },
        choice,
        madeAt,
        step: decision.step,
        ...(note === undefined ? {} : { note }),
        ...(conditions === undefined ? {} : { conditions }),
      };
    });
}

function quorumState(world: World, row: RequestRow, request: Request) {
  const votes = tally(request.policy.quorum, countedDecisions(world, row.id));
  switch (votes.state) {
    case 'open':
      return { state: 'open' as const, step: votes.step, missing: votes.missing };
    case 'complete':
      return { state: 'complete' as const };
    case 'rejected':
      return { state: 'rejected' as const };
  }
}
