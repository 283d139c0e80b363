import { equalBytes, keyId, toHex, type Signer } from '@countersign/codec';
import { decodeBundle, type ApproverState, type Choice } from '@countersign/messages';
import {
  ExitCode,
  loadPrivateKey,
  nodeVerifier,
  quote,
  refuseExampleKey,
  savePublicKey,
  systemClock,
  type CarriedFile,
  type Implementation,
  type Invocation,
} from '@countersign/program';
import { describeRequest, type Document } from '@countersign/wording';
import { lstatSync } from 'node:fs';
import {
  completeDecision,
  prepareDecision,
  requireApprovable,
  type Reading,
  type SignedDecision,
  type Wish,
} from '../../core/decide.ts';
import { proposedStatements } from '../../core/proposal.ts';
import type { ReviewedRequest } from '../../core/review-request.ts';
import { ApproverError } from '../approver-error.ts';
import { deliver, mediaOf } from '../deliver.ts';
import { chosenKey, findHome, type ApproverHome, type KeyFiles } from '../home.ts';
import { loadState, recall, saveState, type Memory } from '../memory.ts';
import { withProcessLock } from '../process-lock.ts';
import { programHash } from '../program-hash.ts';
import { ask, canAsk } from '../question.ts';
import { decisionFailure, refusalOr, reportRefusal } from '../refusal.ts';
import { requestDocument } from '../request-document.ts';
import { carriedRequest, reviewCarried } from '../reviewing.ts';
import { storeRosters } from '../roster-store.ts';
import { show } from '../show.ts';
import { parseCount, wishOptions, type WishOptions } from '../wish.ts';

/** `approve`: shows the request in full and signs an approval. */
export const approve: Implementation = (invocation) => decide('approve', invocation);
/** `deny`: shows the request and signs a denial. */
export const deny: Implementation = (invocation) => decide('deny', invocation);
/** `amend`: a denial with a proposal. */
export const amend: Implementation = (invocation) => decide('amend', invocation);

const interruptGraceMs = 5000;

/** One decision on its way: who decides, on what, and what was read. */
interface Case {
  readonly invocation: Invocation;
  readonly home: ApproverHome;
  readonly files: KeyFiles;
  readonly carried: CarriedFile;
}

async function decide(choice: Choice, invocation: Invocation): Promise<ExitCode> {
  const { run, arguments: paths, options } = invocation;
  const home = findHome(invocation);
  const files = chosenKey(home, options.text('key'));
  const wanted = wishOptions(choice, options);
  const matter: Case = { invocation, home, files, carried: await carriedRequest(run, paths) };
  const recalled = refusalOr(files.state, () => recall(files));
  if ('refusal' in recalled) return reportRefusal(run, recalled.refusal);
  const memory = recalled.value;
  const seen = refusalOr(matter.carried.path, () => reviewCarried(matter.carried.bytes, home, memory));
  if ('refusal' in seen) return reportRefusal(run, seen.refusal);
  try {
    return await decideOn(matter, wanted, memory, seen.value);
  } catch (thrown) {
    throw decisionFailure(thrown);
  }
}

async function decideOn(
  matter: Case,
  wanted: WishOptions,
  memory: Memory,
  first: ReviewedRequest,
): Promise<ExitCode> {
  const { run } = matter.invocation;
  const document = describeRequest(first.shown, 'full');
  const reading = { document, program: programHash() };
  run.output.document({ code: 'decision/unsigned', ...requestDocument(first, document) });
  show(run, document);
  const wish = await confirmed(matter, wanted, first, document);
  const deadline = { request: first.review.request.record, now: systemClock() };
  if (wish.choice === 'approve') requireApprovable(document, deadline, wish.rowsConfirmed);
  // Said before a passphrase is asked for; where the key is not known yet, after it was opened.
  if (memory.kid !== null) prepareDecision(first, reading, wish, first.state, systemClock());
  const signer = await openKey(matter, memory);
  const again = refusalOr(matter.carried.path, () =>
    memory.kid === null ? reviewAs(matter, signer) : first,
  );
  if ('refusal' in again) return reportRefusal(run, again.refusal);
  const done = sign(matter, again.value, reading, wish, signer);
  return report(matter, again.value, document, done);
}

/** Asks a person what must be confirmed and was not by an option. */
async function confirmed(
  { invocation: { run } }: Case,
  wanted: WishOptions,
  { review }: ReviewedRequest,
  { confirmRows }: Document,
): Promise<Wish> {
  const { choice, note, conditions, proposal } = wanted;
  let { rows, roster } = wanted;
  const person = canAsk(run.surroundings);
  if (review.rosterDifference !== null && roster === undefined && person) {
    const number = review.rosterDifference.toNumber;
    const typed = await ask(
      run.surroundings,
      `the roster changed as shown; to accept it, type its number (${number}): `,
    );
    roster = parseCount(typed, 'the roster number');
  }
  if (choice === 'approve' && confirmRows !== null && rows === undefined && person) {
    const typed = await ask(
      run.surroundings,
      'rows or objects are lost; to approve, type the number of rows: ',
    );
    rows = parseCount(typed, 'the number of rows');
  }
  return {
    choice,
    rowsConfirmed: rows,
    rosterConfirmed: roster !== undefined && roster === review.chain.number,
    ...(note === undefined ? {} : { note }),
    ...(conditions === undefined ? {} : { conditions }),
    ...(proposal === undefined
      ? {}
      : { proposal: proposedStatements(proposal, review.request.record.target.engine) }),
  };
}

/** Opens the private key. @throws ApproverError `key/other` when it is not the key of the files beside it */
async function openKey({ invocation, home, files }: Case, memory: Memory): Promise<Signer> {
  const { run, options } = invocation;
  const source = { file: options.text('passphraseFile'), surroundings: run.surroundings };
  const { signer, publicKey } = await loadPrivateKey(files.privateKey, source);
  refuseExampleKey(publicKey, home.directory);
  if (memory.kid !== null && !equalBytes(keyId(publicKey), memory.kid)) {
    throw new ApproverError(
      'key/other',
      `${quote(files.privateKey)} is another key than the files beside it say`,
      {
        hint: 'restore key and state from the same copy',
      },
    );
  }
  if (lstatSync(files.publicKey, { throwIfNoEntry: false }) === undefined)
    savePublicKey(files.publicKey, { name: files.name, key: publicKey });
  return signer;
}

/** Reviews again now that the key is known: the bundle may hold decisions of it that this machine does not remember. */
function reviewAs({ carried, home }: Case, signer: Signer): ReviewedRequest {
  return reviewCarried(carried.bytes, home, { kid: keyId(signer.publicKey), state: null });
}

/** Signs, and stores the state before anything else learns of the decision. */
function sign(
  { files, invocation, home, carried }: Case,
  reviewed: ReviewedRequest,
  reading: Reading,
  wish: Wish,
  signer: Signer,
): SignedDecision {
  return withProcessLock(files.lock, () => {
    const state: ApproverState = loadState(files) ?? reviewed.state;
    const decision = prepareDecision(reviewed, reading, wish, state, systemClock());
    // An interrupt now would leave a decision that is made but not handed over: a moment later it is both.
    invocation.run.holdInterrupt(interruptGraceMs);
    const done = completeDecision(reviewed, decision, state, signer, nodeVerifier);
    saveState(files, done.state);
    storeRosters(home, decodeBundle(carried.bytes).rosters);
    return done;
  });
}

const past = { approve: 'approved', deny: 'denied', amend: 'amended' } as const;

async function report(
  { invocation, files }: Case,
  reviewed: ReviewedRequest,
  document: Document,
  { decision, response, state }: SignedDecision,
): Promise<ExitCode> {
  const { run, options } = invocation;
  const { output } = run;
  const id = toHex(decision.requestId);
  const log = state.logs.find((one) => one.origin === decision.witnessed.origin);
  const open = log?.journal.filter((item) => !item.confirmed).length ?? 0;
  output.line();
  output.line(
    `${output.colours.green(past[decision.choice])}   request ${id.slice(0, 8)} (${reviewed.shown.requestWords}) as ${files.name}`,
  );
  if (open > 1)
    output.line(
      `the response holds ${open} decisions: this one and ${open - 1} that the ledger has not confirmed`,
    );
  const media = mediaOf(options, `${id.slice(0, 8)}-${files.name}.csdec`);
  const fields = {
    code: 'decision/signed',
    choice: decision.choice,
    key: files.name,
    decisionSequence: decision.sequence,
    decisions: open,
    conditions: decision.conditions,
    note: decision.note,
    program: decision.view.program,
    ...requestDocument(reviewed, document),
  };
  output.document(fields);
  try {
    const { files: written, codes } = await deliver(run, response, media);
    output.document({ ...fields, files: written, bytes: response.length, codes });
  } catch (thrown) {
    output.note(
      'the decision is signed and kept: `countersign-approver journal export --unconfirmed` writes it again',
    );
    throw thrown;
  }
  return ExitCode.done;
}
