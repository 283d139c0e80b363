// One small deployment that every test of this room plays in: persons, rosters, a submission, a request, a ledger.
import {
  keyId,
  nobleVerifier,
  seedSigner,
  sha256,
  utf8,
  type SignatureVerifier,
  type Signer,
  type Verified,
} from '@countersign/codec';
import {
  signDecision,
  signRequest,
  signRoster,
  signSubmission,
  verifyRosterChain,
  encodeRoster,
  type Decision,
  type Person,
  type PersonKind,
  type Request,
  type Role,
  type RootKeys,
  type Roster,
  type RosterChain,
  type Submission,
} from '@countersign/messages';
import { compareBytes } from '@countersign/codec';

export const verifier: SignatureVerifier = nobleVerifier;
export const domain: Uint8Array = id('domain');
export const origin = 'log.example/prod';
/** Seconds: when the request was made. */
export const t0 = 1_800_000_000;

export function id(name: string): Uint8Array {
  return hash(name).slice(0, 16);
}

export function hash(name: string): Uint8Array {
  return sha256(utf8(`countersign test: ${name}`));
}

const signers = new Map<string, Signer>();
const kids = new Map<string, Uint8Array>();

/** The key of this name; the same at every run. */
export function signer(name: string): Signer {
  const made = signers.get(name) ?? seedSigner(hash(`seed ${name}`));
  signers.set(name, made);
  return made;
}

export function kid(name: string): Uint8Array {
  const made = kids.get(name) ?? keyId(signer(name).publicKey);
  kids.set(name, made);
  return made;
}

export const rootNames = ['root-1', 'root-2', 'root-3'] as const;

export function rootKeys(names: readonly string[] = rootNames, threshold = 2): RootKeys {
  return { threshold, keys: names.map((name) => signer(name).publicKey).sort(compareBytes) };
}

export const anchor: RootKeys = rootKeys();

export const roles: readonly Role[] = [
  { name: 'operator', may: ['submit'], peopleMin: 1 },
  { name: 'dba', may: ['approve'], peopleMin: 2 },
  { name: 'security', may: ['approve', 'audit'], peopleMin: 1 },
  { name: 'reader', may: ['audit'], peopleMin: 0 },
];

/** A person with one key of the same name, unless `keys` says otherwise. */
export function person(name: string, held: readonly string[], over: Partial<Person> = {}): Person {
  return {
    id: name,
    name,
    kind: 'human',
    roles: held,
    keys: [{ publicKey: signer(name).publicKey }],
    ...over,
  };
}

function machine(name: string, kind: PersonKind): Person {
  return person(name, ['operator'], { kind });
}

export const persons: readonly Person[] = [
  person('alice', ['dba'], {
    keys: [{ publicKey: signer('alice').publicKey }, { publicKey: signer('alice-second').publicKey }],
  }),
  person('bob', ['dba', 'security']),
  person('carol', ['security']),
  person('dora', ['dba', 'operator']),
  person('erik', ['operator']),
  person('fay', ['dba'], { keys: [{ publicKey: signer('fay').publicKey, validFrom: t0 + 1_000_000 }] }),
  person('gus', ['dba'], { keys: [{ publicKey: signer('gus').publicKey, validUntil: t0 + 10 }] }),
  person('hal', ['dba']),
  person('ivy', ['reader']),
  machine('robot', 'agent'),
  machine('nightly', 'service'),
];

export function makeRoster(over: Partial<Roster> = {}): Roster {
  return {
    version: 1,
    domain,
    number: 1,
    previous: null,
    madeAt: t0 - 1000,
    root: anchor,
    roles,
    persons,
    executors: [{ origin, publicKey: signer('executor').publicKey }],
    revocations: [{ kid: kid('hal'), fromIndex: 3 }],
    ...over,
  };
}

/** The encoded roster, signed by two root keys unless others are named. */
export function signedRoster(roster: Roster, names: readonly string[] = ['root-1', 'root-2']): Uint8Array {
  return signRoster(roster, names.map(signer));
}

export function nextRoster(over: Partial<Roster> = {}, before: Roster = makeRoster()): Roster {
  return { ...before, number: before.number + 1, previous: sha256(encodeRoster(before)), ...over };
}

export const rosters: readonly Uint8Array[] = [signedRoster(makeRoster())];
export const chain: Verified<RosterChain> = verifyRosterChain(rosters, anchor, verifier);

export function makeSubmission(over: Partial<Submission> = {}): Submission {
  return {
    version: 1,
    domain,
    id: id('request'),
    madeAt: t0 - 5,
    target: 'orders',
    statements: [
      {
        sql: "UPDATE customers SET status = 'closed' WHERE id = ?",
        params: [{ type: 'integer', value: 7 }],
      },
    ],
    reason: 'ticket 4711: the customer left',
    context: [['ticket', '4711']],
    ...over,
  };
}

export const submission: Submission = makeSubmission();
export const submissionBytes: Uint8Array = signSubmission(submission, signer('erik'));

export function makeRequest(over: Partial<Request> = {}): Request {
  return {
    version: 1,
    domain,
    roster: chain.ref(),
    id: submission.id,
    sequence: 0,
    madeAt: t0,
    reviewBy: t0 + 3600,
    runBy: t0 + 7200,
    submissionHash: sha256(submissionBytes),
    target: {
      name: 'orders',
      engine: 'sqlite',
      serverVersion: '3.53.4',
      identity: hash('identity'),
      schema: hash('schema'),
      session: [['foreign_keys', 'on']],
    },
    statements: submission.statements,
    facts: Uint8Array.of(0xa0),
    effect: {
      rows: 3,
      tables: [{ table: 'customers', inserted: 0, updated: 3, deleted: 0 }],
      diffDigest: hash('diff digest'),
      diffSize: 5,
      complete: true,
      notPreviewed: [],
      schemaChanges: [],
      diff: utf8('a diff'),
    },
    policy: {
      digest: hash('policy'),
      rules: ['writes-need-two'],
      reason: 'a write to a table with persons in it',
      quorum: [
        [
          { role: 'dba', count: 1 },
          { role: 'security', count: 1 },
        ],
        [{ role: 'dba', count: 1 }],
      ],
    },
    ...over,
  };
}

export const request: Request = makeRequest();
export const requestBytes: Uint8Array = signRequest(request, signer('executor'));

export function makeDecision(over: Partial<Decision> = {}): Decision {
  return {
    version: 1,
    domain,
    roster: chain.ref(),
    requestId: request.id,
    requestHash: sha256(requestBytes),
    choice: 'approve',
    sequence: 0,
    previous: null,
    witnessed: { origin, size: 6, root: hash('no root'), pinned: null },
    madeAt: t0 + 60,
    view: { program: hash('program'), depth: 'full', warnings: [] },
    ...over,
  };
}

export function decisionBytes(name: string, over: Partial<Decision> = {}): Uint8Array {
  return signDecision(makeDecision(over), signer(name));
}
