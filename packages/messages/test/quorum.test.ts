import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeApproval, tally, type Quorum, type Vote } from '@countersign/messages';
import { modelTally } from '../../../test/model/quorum-model.ts';

const roleNames = ['a', 'b', 'c', 'd'];
const quorums: fc.Arbitrary<Quorum> = fc.array(
  fc.uniqueArray(fc.record({ role: fc.constantFrom(...roleNames), count: fc.integer({ min: 1, max: 3 }) }), {
    selector: (place) => place.role,
    minLength: 1,
    maxLength: 3,
  }),
  { minLength: 1, maxLength: 3 },
);
const rolesHeld = fc.subarray(roleNames, { minLength: 1 });
const votes: fc.Arbitrary<Vote[]> = fc.uniqueArray(
  fc.record({
    person: fc.integer({ min: 0, max: 9 }).map(String),
    choice: fc.constant('approve' as const),
    roles: rolesHeld,
    step: fc.integer({ min: 0, max: 2 }),
  }),
  { selector: (vote) => vote.person, maxLength: 6 },
);

function approve(person: string, roles: readonly string[], step = 0): Vote {
  return { person, choice: 'approve', roles, step };
}

describe('tally', () => {
  it('agrees with the brute-force model', () => {
    fc.assert(
      fc.property(quorums, votes, (quorum, cast) => {
        const found = tally(quorum, cast);
        const model = modelTally(quorum, cast);
        expect(found.state).toBe(model.state);
        if (found.state !== 'open' || model.state !== 'open') return;
        expect(found.step).toBe(model.step);
        expect(found.missing.reduce((sum, place) => sum + place.count, 0)).toBe(model.missing);
        expect(found.wanted).toEqual(model.wanted);
      }),
      { seed: 20260101, numRuns: 1500 },
    );
  });

  it('does not depend on the order of arrival', () => {
    const shuffled = fc
      .tuple(quorums, votes)
      .chain(([quorum, cast]) =>
        fc.tuple(
          fc.constant(quorum),
          fc.constant(cast),
          fc.shuffledSubarray(cast, { minLength: cast.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([quorum, cast, other]) => {
        expect(tally(quorum, other)).toEqual(tally(quorum, cast));
      }),
      { seed: 20260102, numRuns: 500 },
    );
  });

  it('places an approval exactly where the model says it fills a place', () => {
    fc.assert(
      fc.property(quorums, votes, rolesHeld, (quorum, cast, roles) => {
        const before = modelTally(quorum, cast);
        const placed = placeApproval(quorum, cast, roles);
        if (before.state === 'open') {
          expect(placed.placed).toBe(before.wanted.some((role) => roles.includes(role)));
          if (placed.placed) expect(placed.step).toBe(before.step);
        } else {
          expect(placed.placed).toBe(false);
        }
      }),
      { seed: 20260103, numRuns: 1000 },
    );
  });

  it('counts a person of two roles for one place, whichever lets the others fit', () => {
    const quorum: Quorum = [
      [
        { role: 'dba', count: 1 },
        { role: 'security', count: 1 },
      ],
    ];
    const both = approve('bob', ['dba', 'security']);
    expect(tally(quorum, [both])).toEqual({
      state: 'open',
      step: 0,
      missing: [{ role: 'security', count: 1 }],
      wanted: ['dba', 'security'],
    });
    expect(tally(quorum, [both, approve('alice', ['dba'])]).state).toBe('complete');
    expect(tally(quorum, [both, approve('carol', ['security'])]).state).toBe('complete');
  });

  it('counts one person once, however many votes stand in their name', () => {
    const quorum: Quorum = [[{ role: 'dba', count: 2 }]];
    expect(tally(quorum, [approve('alice', ['dba']), approve('alice', ['dba'])]).state).toBe('open');
  });

  it('is rejected by any denial or amendment, also after the last approval', () => {
    const quorum: Quorum = [[{ role: 'dba', count: 1 }]];
    const deny: Vote = { person: 'bob', choice: 'deny', roles: ['dba'], step: null };
    const amend: Vote = { person: 'bob', choice: 'amend', roles: ['dba'], step: null };
    expect(tally(quorum, [approve('alice', ['dba']), deny])).toEqual({ state: 'rejected', by: [deny] });
    expect(tally(quorum, [amend])).toEqual({ state: 'rejected', by: [amend] });
  });

  it('opens a step again when its approvals are gone, and keeps those of later steps', () => {
    const quorum: Quorum = [[{ role: 'dba', count: 1 }], [{ role: 'security', count: 1 }]];
    const later = approve('carol', ['security'], 1);
    expect(tally(quorum, [later])).toMatchObject({ state: 'open', step: 0 });
    expect(tally(quorum, [later, approve('alice', ['dba'], 0)]).state).toBe('complete');
  });
});

describe('placeApproval', () => {
  const quorum: Quorum = [
    [
      { role: 'dba', count: 1 },
      { role: 'lead', count: 1 },
    ],
    [{ role: 'security', count: 1 }],
  ];
  it.each([
    ['role-missing', [], ['reader']],
    ['step-not-open', [], ['security']],
    ['place-filled', [approve('alice', ['dba'])], ['dba']],
    ['step-complete', [approve('alice', ['dba']), approve('bob', ['lead'])], ['dba']],
    [
      'quorum-complete',
      [approve('alice', ['dba']), approve('bob', ['lead']), approve('carol', ['security'], 1)],
      ['dba'],
    ],
  ] as const)('refuses with %s', (code, cast, roles) => {
    expect(placeApproval(quorum, cast, roles)).toEqual({ placed: false, code });
  });
});
