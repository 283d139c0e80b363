// Rosters that are refused, one defect each, and chains that are accepted.
import {
  decodeSignedRoster,
  encodeRoster,
  encodeSignedRoster,
  signRosterPayload,
  type MessageErrorCode,
  type Person,
  type RootKeys,
  type Roster,
} from '@countersign/messages';
import {
  anchor,
  hash,
  id,
  kid,
  makeRoster,
  nextRoster,
  origin,
  person,
  persons,
  roles,
  rootKeys,
  signedRoster,
  signer,
} from './scene.ts';

export interface RosterCase {
  readonly name: string;
  readonly rosters: readonly Uint8Array[];
  readonly anchor: RootKeys;
  /** Null: the chain is accepted. */
  readonly code: MessageErrorCode | null;
}

/** Signs what `signRoster` would refuse. */
function forced(roster: Roster, names: readonly string[] = ['root-1', 'root-2']): Uint8Array {
  const payload = encodeRoster(roster);
  return encodeSignedRoster({
    version: 1,
    payload,
    envelopes: names.map((name) => signRosterPayload(payload, signer(name))),
  });
}

function refused(
  name: string,
  code: MessageErrorCode,
  over: Partial<Roster>,
  root: RootKeys = anchor,
): RosterCase {
  return { name, code, rosters: [forced(makeRoster(over))], anchor: root };
}

function withPersons(...more: readonly Person[]): Partial<Roster> {
  return { persons: [...persons, ...more] };
}

const first = signedRoster(makeRoster());
const smallOrder = new Uint8Array(32).with(0, 1);

function second(
  name: string,
  code: MessageErrorCode | null,
  roster: Roster,
  names?: readonly string[],
): RosterCase {
  return { name, code, rosters: [first, forced(roster, names)], anchor };
}

function tampered(change: (envelopes: readonly Uint8Array[]) => readonly Uint8Array[]): Uint8Array {
  const signed = decodeSignedRoster(first);
  return encodeSignedRoster({ ...signed, envelopes: change(signed.envelopes) });
}

const newRoot = rootKeys(['new-1', 'new-2', 'new-3']);
const bob = kid('bob');

const chainCases: readonly RosterCase[] = [
  { name: 'no roster at all', rosters: [], anchor, code: 'roster/none' },
  { name: 'the first roster', rosters: [first], anchor, code: null },
  {
    name: 'the anchor in another order',
    rosters: [first],
    anchor: { ...anchor, keys: anchor.keys.toReversed() },
    code: null,
  },
  {
    name: 'another root key',
    rosters: [first],
    anchor: rootKeys(['root-1', 'root-2', 'root-4']),
    code: 'roster/anchor-mismatch',
  },
  {
    name: 'another threshold',
    rosters: [first],
    anchor: { ...anchor, threshold: 1 },
    code: 'roster/anchor-mismatch',
  },
  {
    name: 'fewer root keys',
    rosters: [first],
    anchor: rootKeys(['root-1', 'root-2']),
    code: 'roster/anchor-mismatch',
  },
  { name: 'beginning at number 2', rosters: [signedRoster(nextRoster())], anchor, code: 'roster/number-gap' },
  refused('number 1 with one before it', 'roster/previous-mismatch', { previous: hash('before') }),
  { name: 'the same roster twice', rosters: [first, first], anchor, code: 'roster/number-gap' },
  second('a second roster', null, nextRoster()),
  second(
    'a second that follows another',
    'roster/previous-mismatch',
    nextRoster({ previous: hash('other') }),
  ),
  second('a second that follows nothing', 'roster/previous-mismatch', nextRoster({ previous: null })),
  second('a second of another deployment', 'roster/domain-changed', nextRoster({ domain: id('other') })),
  second('a gap in the numbers', 'roster/number-gap', nextRoster({ number: 3 })),
  second('new root keys signed by both', null, nextRoster({ root: newRoot }), [
    'root-1',
    'root-3',
    'new-1',
    'new-2',
  ]),
  second('new root keys signed by the old only', 'roster/threshold-missed', nextRoster({ root: newRoot }), [
    'root-1',
    'root-2',
  ]),
  second(
    'new root keys signed by themselves only',
    'roster/threshold-missed',
    nextRoster({ root: newRoot }),
    ['new-1', 'new-2'],
  ),
  second(
    'a revocation more',
    null,
    nextRoster({
      revocations: [
        { kid: kid('hal'), fromIndex: 3 },
        { kid: bob, fromIndex: 9 },
      ],
    }),
  ),
  second('a revocation less', 'roster/revocation-dropped', nextRoster({ revocations: [] })),
  second(
    'a revocation that begins later',
    'roster/revocation-dropped',
    nextRoster({ revocations: [{ kid: kid('hal'), fromIndex: 4 }] }),
  ),
  second(
    'a revocation of a person who has left',
    null,
    nextRoster({
      persons: persons.filter((each) => each.id !== 'hal'),
    }),
  ),
];

const signatureCases: readonly RosterCase[] = [
  {
    name: 'one signature of two',
    rosters: [signedRoster(makeRoster(), ['root-1'])],
    anchor,
    code: 'roster/threshold-missed',
  },
  {
    name: 'one key twice',
    rosters: [signedRoster(makeRoster(), ['root-1', 'root-1'])],
    anchor,
    code: 'roster/threshold-missed',
  },
  {
    name: 'all three',
    rosters: [signedRoster(makeRoster(), ['root-1', 'root-2', 'root-3'])],
    anchor,
    code: null,
  },
  {
    name: 'a person beside two root keys',
    rosters: [signedRoster(makeRoster(), ['root-1', 'root-2', 'alice'])],
    anchor,
    code: 'roster/envelope-foreign',
  },
  {
    name: 'a signature changed',
    rosters: [tampered((list) => list.map((each) => each.with(-1, (each.at(-1) ?? 0) ^ 1)))],
    anchor,
    code: 'roster/envelope-invalid',
  },
  {
    name: 'an envelope of another payload',
    rosters: [tampered((list) => [...list, signRosterPayload(encodeRoster(nextRoster()), signer('root-3'))])],
    anchor,
    code: 'roster/envelope-invalid',
  },
];

const ruleCases: readonly RosterCase[] = [
  refused('a threshold of none', 'roster/threshold-invalid', { root: { ...anchor, threshold: 0 } }),
  refused('a threshold above its keys', 'roster/threshold-invalid', { root: { ...anchor, threshold: 4 } }),
  refused('root keys out of order', 'roster/keys-unsorted', {
    root: { ...anchor, keys: anchor.keys.toReversed() },
  }),
  refused(
    'a key of small order',
    'roster/key-weak',
    withPersons(person('zoe', [], { keys: [{ publicKey: smallOrder }] })),
  ),
  refused(
    'one key of two persons',
    'roster/key-repeated',
    withPersons(person('zoe', [], { keys: [{ publicKey: signer('alice').publicKey }] })),
  ),
  refused('a person with a root key', 'roster/key-repeated', withPersons(person('root-1', []))),
  refused('a person with the executor key', 'roster/key-repeated', withPersons(person('executor', []))),
  refused('a role named twice', 'roster/role-repeated', {
    roles: [...roles, { name: 'dba', may: [], peopleMin: 0 }],
  }),
  refused('a role held twice', 'roster/role-repeated', withPersons(person('zoe', ['dba', 'dba']))),
  refused('a role that is not defined', 'roster/role-unknown', withPersons(person('zoe', ['dbas']))),
  refused('a role in capitals', 'roster/role-confusable', {
    roles: [...roles, { name: 'DBA', may: [], peopleMin: 0 }],
  }),
  refused('a role in Cyrillic', 'roster/role-confusable', {
    roles: [...roles, { name: 'dbа', may: [], peopleMin: 0 }],
  }),
  refused('a role with too few holders', 'roster/role-understaffed', {
    roles: [...roles, { name: 'board', may: ['approve'], peopleMin: 1 }],
  }),
  refused('a permission twice', 'roster/may-repeated', {
    roles: [...roles, { name: 'x', may: ['audit', 'audit'], peopleMin: 0 }],
  }),
  refused('an id in capitals', 'roster/person-id-invalid', withPersons(person('Zoe', []))),
  refused(
    'an id twice',
    'roster/person-repeated',
    withPersons(person('alice', [], { keys: [{ publicKey: signer('zoe').publicKey }] })),
  ),
  refused(
    'an id that reads like another',
    'roster/person-confusable',
    withPersons(person('a1ice', [], { name: 'Someone' })),
  ),
  refused(
    'a name that reads like an id',
    'roster/person-confusable',
    withPersons(person('zoe', [], { name: 'Αlice' })),
  ),
  refused(
    'a name in full width',
    'roster/person-confusable',
    withPersons(person('zoe', [], { name: 'ａｌｉｃｅ' })),
  ),
  refused(
    'a name with rn for m',
    'roster/person-confusable',
    withPersons(person('tim', []), person('zoe', [], { name: 'tirn' })),
  ),
  refused(
    'a name that turns the text',
    'roster/name-hidden-character',
    withPersons(person('zoe', [], { name: 'zoe\u202e' })),
  ),
  refused('a role with a zero-width space', 'roster/name-hidden-character', {
    roles: [...roles, { name: 'dba\u200b', may: [], peopleMin: 0 }],
  }),
  refused(
    'a key never valid',
    'roster/validity-empty',
    withPersons(
      person('zoe', [], { keys: [{ publicKey: signer('zoe').publicKey, validFrom: 5, validUntil: 5 }] }),
    ),
  ),
  refused(
    'an agent that may approve',
    'roster/approver-not-human',
    withPersons(person('zoe', ['dba'], { kind: 'agent' })),
  ),
  refused(
    'a service that may approve',
    'roster/approver-not-human',
    withPersons(person('zoe', ['dba'], { kind: 'service' })),
  ),
  refused('an origin with a space', 'roster/origin-invalid', {
    executors: [{ origin: 'my log', publicKey: signer('executor').publicKey }],
  }),
  refused('an origin twice', 'roster/origin-repeated', {
    executors: [
      { origin, publicKey: signer('executor').publicKey },
      { origin, publicKey: signer('executor-2').publicKey },
    ],
  }),
  refused('a key revoked twice', 'roster/revocation-repeated', {
    revocations: [
      { kid: bob, fromIndex: 3 },
      { kid: bob, fromIndex: 4 },
    ],
  }),
  refused('a revoked root key that still stands', 'roster/revocation-in-force', {
    revocations: [{ kid: kid('root-1'), fromIndex: 3 }],
  }),
  refused('a revoked executor key that still stands', 'roster/revocation-in-force', {
    revocations: [{ kid: kid('executor'), fromIndex: 3 }],
  }),
  refused('a revocation of nobody', 'roster/revocation-unknown', {
    revocations: [{ kid: hash('nobody'), fromIndex: 3 }],
  }),
  second(
    'a later revocation of nobody',
    'roster/revocation-unknown',
    nextRoster({
      revocations: [
        { kid: kid('hal'), fromIndex: 3 },
        { kid: hash('nobody'), fromIndex: 3 },
      ],
    }),
  ),
];

export const rosterCases: readonly RosterCase[] = [...chainCases, ...signatureCases, ...ruleCases];
