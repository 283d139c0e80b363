import { describe, expect, it } from 'vitest';
import {
  extendRosterChain,
  hasHiddenCharacter,
  isSameRoster,
  keyStanding,
  messageErrorCodes,
  rosterDifference,
  signRoster,
  skeleton,
  verifyRosterChain,
} from '@countersign/messages';
import { codeOf } from './code-of.ts';
import { rosterCases } from './roster-cases.ts';
import {
  anchor,
  chain,
  hash,
  kid,
  makeRoster,
  nextRoster,
  origin,
  person,
  persons,
  rootKeys,
  rosters,
  signedRoster,
  signer,
  t0,
  verifier,
} from './scene.ts';

describe('verifyRosterChain', () => {
  it.each(rosterCases.map((given) => [given.name, given] as const))('%s', (_name, given) => {
    expect(codeOf(() => verifyRosterChain(given.rosters, given.anchor, verifier))).toBe(given.code);
  });

  it('is tried on every code', () => {
    const hit = new Set(rosterCases.map((given) => given.code).filter((code) => code !== null));
    expect([...hit].sort()).toEqual(messageErrorCodes.filter((code) => code.startsWith('roster/')).sort());
  });

  it('refuses every truncation and every changed byte', () => {
    // Admitting the keys takes the time: a small roster.
    const root = rootKeys(['root-1'], 1);
    const small = makeRoster({
      root,
      persons: [person('alice', ['dba']), person('bob', ['dba', 'security'])],
      revocations: [],
    });
    const bytes = signedRoster(small, ['root-1']);
    const verify = (changed: Uint8Array): unknown => verifyRosterChain([changed], root, verifier);
    expect(verify(bytes)).toMatchObject({ number: 1 });
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => verify(bytes.slice(0, length))).toThrow();
    for (const [at, byte] of bytes.entries()) expect(() => verify(bytes.with(at, byte ^ 1))).toThrow();
  });

  it('signs no roster that breaks a rule', () => {
    const broken = makeRoster({ persons: [...persons, person('zoe', ['nothing'])] });
    expect(codeOf(() => signRoster(broken, [signer('root-1')]))).toBe('roster/role-unknown');
  });

  it('names the roster that is at fault', () => {
    const second = signedRoster(nextRoster({ previous: hash('other') }));
    try {
      verifyRosterChain([...rosters, second], anchor, verifier);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ index: 1 });
    }
  });
});

describe('RosterChain', () => {
  const roster2 = nextRoster({
    revocations: [...makeRoster().revocations, { kid: kid('bob'), fromIndex: 9 }],
  });
  const two = extendRosterChain(chain, signedRoster(roster2), verifier);

  it('finds rosters by number and by reference', () => {
    expect(two.number).toBe(2);
    expect(two.current.roster).toEqual(roster2);
    expect(two.at(1)?.roster).toEqual(makeRoster());
    expect(two.at(3)).toBeUndefined();
    expect(two.includes(chain.ref())).toBe(true);
    expect(two.includes({ ...chain.ref(), number: 2 })).toBe(false);
    expect(two.asOf(1)?.ref()).toEqual(chain.ref());
    expect(two.asOf(3)).toBeUndefined();
    expect(two.asOf(0)).toBeUndefined();
  });

  it('finds keys, their persons and their validity', () => {
    expect(two.holder(kid('alice-second'))?.person.id).toBe('alice');
    expect(two.holder(kid('executor'))).toBeUndefined();
    expect(two.current.executor(kid('executor'))?.origin).toBe(origin);
    expect(two.current.executorKey(origin)).toEqual(signer('executor').publicKey);
    expect(two.current.executorKey('elsewhere')).toBeUndefined();
    const gus = two.holder(kid('gus'));
    const fay = two.holder(kid('fay'));
    if (gus === undefined || fay === undefined) throw new Error('no key');
    expect([keyStanding(gus, t0 + 9), keyStanding(gus, t0 + 10)]).toEqual(['valid', 'expired']);
    expect([keyStanding(fay, t0 + 999_999), keyStanding(fay, t0 + 1_000_000)]).toEqual([
      'not-yet-valid',
      'valid',
    ]);
  });

  it('knows from which ledger index a key is revoked', () => {
    expect([two.isRevokedAt(kid('bob'), 8), two.isRevokedAt(kid('bob'), 9)]).toEqual([false, true]);
    expect(two.asOf(1)?.isRevokedAt(kid('bob'), 9)).toBe(false);
    expect(two.revokedFrom(kid('alice'))).toBeUndefined();
  });

  it('lists who holds a role and what a person may', () => {
    expect(two.current.members('security').map((member) => member.id)).toEqual(['bob', 'carol']);
    const robot = two.current.person('robot');
    if (robot === undefined) throw new Error('no robot');
    expect(two.current.permits(robot, 'submit')).toBe(true);
    expect(two.current.permits(robot, 'approve')).toBe(false);
  });
});

describe('rosterDifference', () => {
  it('is empty between a roster and its mere successor', () => {
    expect(isSameRoster(rosterDifference(makeRoster(), nextRoster()))).toBe(true);
  });

  it('names who came, went and changed', () => {
    const promoted = persons.map((each) =>
      each.id === 'ivy' ? { ...each, roles: ['reader', 'dba'] } : each,
    );
    const after = nextRoster({
      persons: [...promoted.filter((each) => each.id !== 'hal'), person('zoe', [])],
    });
    const difference = rosterDifference(makeRoster(), after);
    const named = difference.persons.map((each) => [
      each.change,
      'after' in each ? each.after.id : each.before.id,
    ]);
    expect(named).toEqual([
      ['altered', 'ivy'],
      ['added', 'zoe'],
      ['removed', 'hal'],
    ]);
    expect(difference.root).toBeNull();
    expect(isSameRoster(difference)).toBe(false);
  });
});

describe('names', () => {
  it.each([
    ['alice', 'ALICE'],
    ['alice', 'аlісе'],
    ['alice', 'al1ce'],
    ['o', '0'],
    ['modern', 'rnodern'],
    ['straße', 'STRASSE'],
    ['jean-luc', 'jean_luc'],
    ['café', 'cafe'],
  ])('%s looks like %s', (a, b) => expect(skeleton(a)).toBe(skeleton(b)));

  it.each([
    ['alice', 'bob'],
    ['anna', 'hanna'],
    ['dba', 'dbb'],
  ])('%s does not look like %s', (a, b) => expect(skeleton(a)).not.toBe(skeleton(b)));

  it.each(['a\u202eb', 'a\u200db', 'a\u0000', 'a\u2066', '\ufeffa', 'a\u00adb'])(
    '%j hides something',
    (name) => expect(hasHiddenCharacter(name)).toBe(true),
  );
  it.each(['Ana María', '李雷', "O'Neil"])('%j hides nothing', (name) =>
    expect(hasHiddenCharacter(name)).toBe(false),
  );
});
