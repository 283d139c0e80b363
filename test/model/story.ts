// A ledger without an executor: the same records in the same order, signed by keys from published seeds, by a clock that ticks.
// Honest by default; every step takes overrides, so that a test can tell one lie at a time.
import { encode, sha256, toHex, utf8, type Signer, keyId } from '@countersign/codec';
import {
  appendEntry,
  encodeNote,
  exportBundle,
  MemoryLedger,
  rootAt,
  type AppendedEntry,
  type NoteBodies,
  type NoteType,
} from '@countersign/ledger';
import {
  encodeRoster,
  newApproverState,
  signDecision,
  signReceipt,
  signRequest,
  signRoster,
  signSubmission,
  withLog,
  type ApproverState,
  type Decision,
  type EntryType,
  type Head,
  type Receipt,
  type Request,
  type Roster,
  type RosterRef,
  type Submission,
} from '@countersign/messages';
import { firstRoster, signerOf, storyDomain, storyOrigin, storyStart, type Actor } from './story-cast.ts';

interface Machine {
  readonly decisions: Uint8Array[];
  pinned: Head | null;
}

/** A submission on its way through the ledger. */
export interface Case {
  readonly id: Uint8Array;
  readonly submission: Submission;
  readonly submissionBytes: Uint8Array;
  request?: Request;
  requestBytes?: Uint8Array;
  /** Hashes of the counted decisions, in ledger order. */
  readonly counted: Uint8Array[];
  attempts: number;
}

export class Story {
  readonly ledger: MemoryLedger = new MemoryLedger();
  readonly cases: Case[] = [];
  readonly rosters: Roster[] = [];
  readonly origin: string;
  readonly domain: Uint8Array;
  /** Seconds; each entry takes one. */
  now: number;
  policyDigest: Uint8Array = digestOf('policy 1');
  executor: Signer = signerOf('executor');
  readonly #machines = new Map<Actor, Machine>();

  constructor(
    options: { readonly origin?: string; readonly domain?: Uint8Array; readonly now?: number } = {},
  ) {
    this.origin = options.origin ?? storyOrigin;
    this.domain = options.domain ?? storyDomain;
    this.now = options.now ?? storyStart;
  }

  /** Begins the ledger: genesis, first roster, first policy. */
  begin(roster: Partial<Roster> = {}): this {
    this.note('genesis', { version: 1, domain: this.domain, origin: this.origin });
    this.roster(roster);
    this.policy();
    return this;
  }

  /** Appends any entry of any body; the one way in. */
  append(
    type: EntryType,
    body: Uint8Array,
    about?: { readonly id: Uint8Array },
    options: { readonly madeAt?: number } = {},
  ): AppendedEntry {
    this.now += 1;
    const add = { type, body, requestId: about?.id, madeAt: options.madeAt ?? this.now };
    return appendEntry(this.ledger, add, { origin: this.origin, signer: this.executor });
  }

  note<K extends NoteType>(
    type: K,
    note: NoteBodies[K],
    about?: { readonly id: Uint8Array },
    options?: { readonly madeAt?: number },
  ): AppendedEntry {
    return this.append(type, encodeNote(type, note), about, options);
  }

  roster(change: Partial<Roster> = {}, signers: readonly Signer[] = [signerOf('root')]): AppendedEntry {
    const before = this.rosters.at(-1);
    const roster: Roster = {
      ...(before ?? firstRoster(this.domain, this.origin)),
      number: (before?.number ?? 0) + 1,
      previous: before === undefined ? null : sha256(encodeRoster(before)),
      madeAt: this.now,
      ...change,
    };
    this.rosters.push(roster);
    return this.append('roster', signRoster(roster, signers));
  }

  get rosterRef(): RosterRef {
    const roster = this.rosters.at(-1);
    if (roster === undefined) throw new Error('no roster yet');
    return { number: roster.number, hash: sha256(encodeRoster(roster)) };
  }

  policy(text: string = 'policy 1'): AppendedEntry {
    this.policyDigest = digestOf(text);
    return this.note('policy', { digest: this.policyDigest, files: [['policy.yaml', text]] });
  }

  submit(change: Partial<Submission> = {}, by: Actor = 'alice'): Case {
    const id = sha256(utf8(`submission ${this.cases.length}`)).slice(0, 16);
    const submission: Submission = {
      version: 1,
      domain: this.domain,
      id,
      madeAt: this.now,
      target: 'shop',
      statements: [
        {
          sql: "UPDATE customers SET status = 'closed' WHERE id = ?",
          params: [{ type: 'integer', value: this.cases.length }],
        },
      ],
      reason: 'closed on request of the customer',
      ...change,
    };
    const submissionBytes = signSubmission(submission, signerOf(by));
    const made: Case = { id: submission.id, submission, submissionBytes, counted: [], attempts: 0 };
    this.cases.push(made);
    this.append('submission', submissionBytes, made);
    return made;
  }

  verdict(about: Case, change: Partial<NoteBodies['verdict']> = {}): AppendedEntry {
    const note: NoteBodies['verdict'] = {
      submissionHash: sha256(about.submissionBytes),
      decision: 'require',
      rules: ['writes-need-two'],
      reason: 'a write to production',
      policyDigest: this.policyDigest,
      ...change,
    };
    return this.note('verdict', note, about);
  }

  request(about: Case, change: Partial<Request> = {}, by: Signer = this.executor): AppendedEntry {
    const request: Request = {
      version: 1,
      domain: this.domain,
      roster: this.rosterRef,
      id: about.id,
      sequence: this.cases.indexOf(about) + 1,
      madeAt: this.now,
      reviewBy: this.now + 3600,
      runBy: this.now + 7200,
      submissionHash: sha256(about.submissionBytes),
      target: {
        name: about.submission.target,
        engine: 'sqlite',
        serverVersion: '3.51.0',
        identity: sha256(utf8('shop database')),
        schema: sha256(utf8('shop schema')),
        session: [],
      },
      statements: about.submission.statements,
      facts: Uint8Array.of(0xa0),
      effect: {
        rows: 1,
        tables: [{ table: 'customers', inserted: 0, updated: 1, deleted: 0 }],
        diffDigest: sha256(about.id),
        diffSize: 0,
        complete: true,
        notPreviewed: [],
        schemaChanges: [],
      },
      policy: {
        digest: this.policyDigest,
        rules: ['writes-need-two'],
        reason: 'a write to production',
        quorum: [[{ role: 'dba', count: 2 }]],
      },
      ...change,
    };
    about.request = request;
    about.requestBytes = signRequest(request, by);
    return this.append('request', about.requestBytes, about);
  }

  export(about: Case, change: Partial<NoteBodies['export']> = {}): AppendedEntry {
    return this.note('export', { requestHash: requestHash(about), medium: 'file', ...change }, about);
  }

  /** Returns the signed decision of an approver who has just seen this ledger. */
  sign(about: Case, by: Actor, change: Partial<Decision> = {}): Uint8Array {
    const machine = this.#machine(by);
    const { size } = this.ledger;
    const root = rootAt(this.ledger, size) ?? new Uint8Array(32);
    const last = machine.decisions.at(-1);
    const decision: Decision = {
      version: 1,
      domain: this.domain,
      roster: this.rosterRef,
      requestId: about.id,
      requestHash: requestHash(about),
      choice: 'approve',
      sequence: machine.decisions.length,
      previous: last === undefined ? null : sha256(last),
      witnessed: { origin: this.origin, size, root, pinned: machine.pinned },
      madeAt: this.now,
      view: { program: sha256(utf8('approver program')), depth: 'full', warnings: [] },
      ...change,
    };
    const bytes = signDecision(decision, signerOf(by));
    machine.decisions.push(bytes);
    machine.pinned = { size, root };
    return bytes;
  }

  /** Logs a decision that counts. */
  decide(about: Case, by: Actor, change: Partial<Decision> = {}): AppendedEntry {
    const bytes = this.sign(about, by, change);
    about.counted.push(sha256(bytes));
    return this.append('decision', bytes, about);
  }

  /** Logs a decision that does not count. */
  refuse(about: Case, by: Actor, code: string, change: Partial<Decision> = {}): AppendedEntry {
    return this.note('refused-decision', { decision: this.sign(about, by, change), code }, about);
  }

  intent(
    about: Case,
    change: Partial<NoteBodies['intent']> = {},
    options?: { readonly madeAt?: number },
  ): AppendedEntry {
    about.attempts += 1;
    const note: NoteBodies['intent'] = {
      requestHash: requestHash(about),
      decisions: about.counted,
      policyDigest: this.policyDigest,
      attempt: about.attempts,
      ...change,
    };
    return this.note('intent', note, about, options);
  }

  /** Logs that the run of an attempt left nothing behind. */
  cutOff(about: { readonly id: Uint8Array }, attempt: number = 1): AppendedEntry {
    const text = `attempt ${attempt} of ${toHex(about.id)} left no marker: it did not run`;
    return this.note('operator', { person: 'executor', verb: 'run-cut-off', text });
  }

  receipt(about: Case, change: Partial<Receipt> = {}, by: Signer = this.executor): AppendedEntry {
    const receipt: Receipt = {
      version: 1,
      domain: this.domain,
      requestId: about.id,
      requestHash: requestHash(about),
      outcome: 'executed',
      effect: about.request?.effect ?? null,
      decisions: about.counted,
      startedAt: this.now,
      endedAt: this.now,
      ...change,
    };
    return this.append('receipt', signReceipt(receipt, by), about);
  }

  close(
    about: Case,
    change: Partial<NoteBodies['closed']> = {},
    options?: { readonly madeAt?: number },
  ): AppendedEntry {
    const note: NoteBodies['closed'] = {
      requestHash: requestHash(about),
      kind: 'withdrawn',
      by: 'alice',
      reason: 'no longer needed',
      ...change,
    };
    return this.note('closed', note, about, options);
  }

  read(about: Case, change: Partial<NoteBodies['read']> = {}): AppendedEntry {
    const submissionHash = sha256(about.submissionBytes);
    return this.note(
      'read',
      { submissionHash, outcome: 'ran', rows: 3, size: 120, detail: '', ...change },
      about,
    );
  }

  /** A submission up to its open request. */
  ask(change: Partial<Request> = {}): Case {
    const made = this.submit();
    this.verdict(made);
    this.request(made, change);
    return made;
  }

  /** A submission, approved by two and executed. */
  run(): Case {
    const made = this.ask();
    this.export(made);
    this.decide(made, 'carol');
    this.decide(made, 'dave');
    this.intent(made);
    this.receipt(made);
    return made;
  }

  /** What an approver's machine remembers. */
  journal(of: Actor): ApproverState {
    const { decisions, pinned } = this.#machine(of);
    const last = decisions.at(-1);
    return withLog(newApproverState(this.domain, keyId(signerOf(of).publicKey)), {
      origin: this.origin,
      pinned,
      sequence: decisions.length,
      last: last === undefined ? null : sha256(last),
      journal: decisions.map((decision) => ({ decision, confirmed: false, refusal: null })),
    });
  }

  /** The note of the newest head. */
  get head(): string {
    return this.ledger.checkpoint ?? '';
  }

  /** The audit bundle. */
  bundle(): Uint8Array {
    return joined(exportBundle(this.ledger));
  }

  #machine(of: Actor): Machine {
    const known = this.#machines.get(of);
    if (known !== undefined) return known;
    const made: Machine = { decisions: [], pinned: null };
    this.#machines.set(of, made);
    return made;
  }
}

/** Returns the digest of a policy of one file. */
function digestOf(text: string): Uint8Array {
  return sha256(encode([['policy.yaml', text]]));
}

/** Returns the SHA-256 of a case's signed request. */
export function requestHash(about: Case): Uint8Array {
  return sha256(about.requestBytes ?? new Uint8Array(0));
}

/** Returns the chunks as one piece. */
export function joined(chunks: Iterable<Uint8Array>): Uint8Array {
  return new Uint8Array(Buffer.concat([...chunks]));
}

/** Returns the request id as people see it. */
export function idText(about: Case): string {
  return toHex(about.id);
}
