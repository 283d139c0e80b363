import type { Diff } from '@countersign/diff';
import type { RosterDifference } from '@countersign/messages';
import { expect, test } from 'vitest';
import { describeRequest, displayWidth, renderTerminal, type ShownReview } from '../src/index.ts';
import { sampleDiff, sampleReview } from './sample-review.ts';

// Columns that terminals give these characters (East Asian Width W, pairs of regional indicators, spacing marks).
test.each([
  ['watch', '\u231A', 2],
  ['check mark', '\u2705', 2],
  ['star', '\u2B50', 2],
  ['regional indicator', '\u{1F1E6}', 2],
  ['mahjong tile', '\u{1F004}', 2],
  ['Tangut', '\u{17000}', 2],
  ['Kana supplement', '\u{1B000}', 2],
  ['spacing mark', '\u0915\u093E', 2],
  ['mark that takes no room', 'e\u0301', 1],
  ['letter', 'é', 1],
])('%s takes as many columns as it is given', (_, text, columns) => {
  expect(displayWidth(text)).toBe(columns);
});

// A line that is wider than the terminal goes on in column 0 of the next one, where only our own headings stand.
test.each([
  ['pictographs', '\u2705'.repeat(300), /\u2705/gu],
  ['flags', '\u{1F1E6}'.repeat(300), /\u{1F1E6}/gu],
  ['spacing marks', '\u0915\u093E\u093E\u093E'.repeat(100), /\u0000/gu],
])('no text from outside can run over the edge of the screen: %s', (_, reason, wide) => {
  const submission = { ...sampleReview.submission, reason };
  const text = renderTerminal(describeRequest({ ...sampleReview, submission }, 'full'), {
    colour: false,
    width: 80,
  });
  for (const line of text.split('\n')) {
    const columns = Array.from(line).length + (line.match(wide)?.length ?? 0);
    expect(columns).toBeLessThanOrEqual(80);
  }
});

function withKey(key: string): ShownReview {
  const row = (tier: string): Diff['tables'][number]['changes'][number]['after'] => [
    { type: 'text', value: key },
    { type: 'text', value: tier },
  ];
  const diff: Diff = {
    ...sampleDiff,
    schema: [],
    tables: [
      {
        table: 'main.accounts',
        columns: ['iban', 'tier'],
        key: [0],
        computed: [],
        generated: [],
        inserted: 0,
        updated: 1,
        deleted: 0,
        rowsHash: new Uint8Array(32),
        changes: [{ before: row('basic'), after: row('gold') }],
      },
    ],
  };
  return { ...sampleReview, diff };
}

test('the full view shows the key of a changed row to its end', () => {
  const key = `${'a'.repeat(130)}-the-end`;
  const document = describeRequest(withKey(key), 'full');
  expect(JSON.stringify(document)).toContain(key);
  const text = renderTerminal(document, { colour: false, width: 140 }).replaceAll(/\s+/gu, '');
  expect(text).toContain(key);
  expect(text).not.toContain('notshown');
});

test('a summary that cuts the key of a row says how much it leaves out', () => {
  const whole = describeRequest(withKey('a'), 'summary').leftOut.bytes;
  const cut = describeRequest(withKey('a'.repeat(130)), 'summary').leftOut.bytes;
  expect(cut - whole).toBe(10);
});

test('a changed roster shows every field that changed, not only whose it is', () => {
  const role = { name: 'operator', may: ['submit'] as const, peopleMin: 2 };
  const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
  const person = { id: 'eve', name: 'Eve', kind: 'human' as const, roles: ['dba'] };
  const rosterChange: RosterDifference = {
    fromNumber: 3,
    toNumber: 4,
    root: null,
    roles: [
      { change: 'altered', before: role, after: { ...role, may: ['submit', 'approve'] } },
      { change: 'altered', before: role, after: { ...role, peopleMin: 0 } },
    ],
    persons: [
      {
        change: 'altered',
        before: { ...person, keys: [{ publicKey: key(1), validUntil: 1_800_000_000 }] },
        after: { ...person, keys: [{ publicKey: key(1), validFrom: 1_700_000_000 }] },
      },
    ],
    executors: [
      {
        change: 'altered',
        before: { origin: 'log', publicKey: key(2) },
        after: { origin: 'log', publicKey: key(3) },
      },
    ],
    revocations: [],
  };
  const document = describeRequest({ ...sampleReview, rosterChange }, 'full');
  const text = renderTerminal(document, { colour: false, width: 400 });
  const hex = (fill: number): string => `0${fill}`.repeat(32);
  for (const expected of [
    'role operator: may submit; at least 2 people → operator: may submit, approve; at least 2 people',
    'role operator: may submit; at least 2 people → operator: may submit; at least 0 people',
    `${hex(1)} until 2027-01-15 08:00:00 UTC`,
    `${hex(1)} from 2023-11-14 22:13:20 UTC`,
    `executor of log: key ${hex(2)} → log: key ${hex(3)}`,
  ])
    expect(text).toContain(expected);
});
