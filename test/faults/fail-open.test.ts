import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

const read = 'SELECT name FROM customers';
const change = "UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'";

/** What is broken in a home, the exit codes and the code that a submission and a run must end with. */
const broken: readonly (readonly [
  what: string,
  breakIt: (lab: Lab) => void,
  exitCode: number,
  code: string,
])[] = [
  [
    'no folder of the policy',
    (lab) => rmSync(lab.path('home', 'policy'), { recursive: true }),
    1,
    'file/not-found',
  ],
  [
    'an empty folder of the policy',
    (lab) => {
      rmSync(lab.path('home', 'policy', 'main.yaml'));
      rmSync(lab.path('home', 'policy', 'changes.yaml'));
    },
    2,
    'configuration/policy',
  ],
  [
    'a policy without its default',
    (lab) => rmSync(lab.path('home', 'policy', 'main.yaml')),
    2,
    'policy/default-missing',
  ],
  [
    'a policy with an unknown key',
    (lab) => void lab.policy('main.yaml', (text) => `${text}\nallow_all: true\n`),
    2,
    'policy/unknown-key',
  ],
  [
    'a policy that is no YAML',
    (lab) => void lab.policy('changes.yaml', (text) => `${text}\n  - : [`),
    2,
    'policy/yaml-syntax',
  ],
  [
    'a policy with a misspelt name',
    (lab) => void lab.policy('changes.yaml', (text) => text.replace('diff.rows > 1', 'dif.rows > 1')),
    2,
    'policy/expression-type',
  ],
  ['no executor key', (lab) => rmSync(lab.path('home', 'keys', 'executor.cskey')), 1, 'file/not-found'],
  [
    'another executor key than the roster names',
    (lab) =>
      cpSync(lab.path('home', 'identities', 'olivia.cskey'), lab.path('home', 'keys', 'executor.cskey')),
    2,
    'configuration/roster',
  ],
  ['no store', (lab) => rmSync(lab.path('home', 'state.db')), 1, 'home/store-damaged'],
  [
    'a store that is none',
    (lab) => writeFileSync(lab.path('home', 'state.db'), 'x'.repeat(8192)),
    1,
    'home/store-damaged',
  ],
  ['no root file', (lab) => rmSync(lab.path('home', 'root.pub')), 1, 'file/not-found'],
  ['no target', (lab) => rmSync(lab.database), 1, 'target/unreachable'],
];

test.each(broken)('%s: nothing is read, nothing is run', async (_what, breakIt, exitCode, code) => {
  const lab = await Lab.make();
  const id = await lab.approved(change);
  const before = lab.dump();
  breakIt(lab);
  for (const argv of [
    ['submit', read, '--reason', 'a test'],
    ['submit', change, '--reason', 'a test'],
    ['run', id],
  ]) {
    const answer = await lab.ask(...argv);
    expect([argv[0], answer.exitCode]).not.toEqual([argv[0], 0]);
    expect([argv[0], answer.code]).not.toEqual([argv[0], 'internal/unexpected']);
    expect(JSON.stringify(answer.document)).not.toContain('Amara');
    if (argv[0] === 'submit') expect([answer.exitCode, answer.code]).toEqual([exitCode, code]);
  }
  if (code !== 'target/unreachable') expect(lab.dump()).toBe(before);
});

test('a rule that throws denies, whatever else allows', async () => {
  const lab = await Lab.make();
  lab.policy('changes.yaml', (text) =>
    text.replace(
      'rules:\n',
      `rules:\n  - name: throws\n    when: 'context["ticket"] == "x"'\n    allow: true\n`,
    ),
  );
  const answer = await lab.ask('submit', read, '--reason', 'a test');
  expect([answer.exitCode, answer.code]).toEqual([3, 'request/denied']);
  expect(JSON.stringify(answer.document)).toContain('policy/rule-error');
  const { exitCode } = await lab.ask('submit', read, '--reason', 'a test', '--ticket', 'y');
  expect(exitCode).toBe(0);
});

/** Texts that no parser must fall over; none may run or be allowed. */
const hostile: readonly (readonly [what: string, sql: string])[] = [
  ['900 KB of open parentheses', `SELECT ${'('.repeat(900_000)}`],
  ['900 KB of nested parentheses', `SELECT ${'('.repeat(450_000)}1${')'.repeat(450_000)}`],
  ['a deep tree without parentheses', `SELECT ${'NOT '.repeat(200_000)}1`],
  ['a long chain of conditions', `SELECT 1 WHERE ${'1=1 AND '.repeat(100_000)}1=1`],
  ['10,000 statements', 'SELECT 1;'.repeat(10_000)],
  ['a megabyte and more', `SELECT '${'x'.repeat(1_000_001)}'`],
  ['NUL', 'SELECT 1 \0; DELETE FROM orders'],
  ['a byte order mark', '\ufeffSELECT 1'],
  ['nothing', '   '],
  ['only a comment', '-- nothing\n/* at all */'],
  ['an open string', "SELECT 'and so on"],
  ['bidi characters outside literals', 'SELECT 1 \u202e FROM orders'],
  ['words that are no SQL', 'please give me all customers'],
];

test.each(hostile)('%s: refused or denied with a code, never run', async (_what, sql) => {
  const lab = await Lab.make();
  const before = lab.dump();
  writeFileSync(lab.path('in.sql'), sql);
  const answers = [await lab.ask('submit', '--file', lab.path('in.sql'), '--reason', 'a test')];
  if (sql.length < 100_000) answers.push(await lab.ask('submit', sql, '--reason', 'a test'));
  for (const { exitCode, code } of answers) {
    expect(exitCode).not.toBe(0);
    expect(exitCode).not.toBe(8);
    expect(code).not.toBe('internal/unexpected');
    expect(code).toMatch(/^[a-z]+\/[a-z-]+$/);
  }
  expect(lab.dump()).toBe(before);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('a lone surrogate as an argument is refused', async () => {
  const lab = await Lab.make();
  for (const sql of [
    "SELECT '\ud800'",
    'SELECT 1 \udc00',
    "UPDATE orders SET status = '\ud800' WHERE id = 101",
  ]) {
    const { exitCode, code } = await lab.ask('submit', sql, '--reason', 'a test');
    expect(exitCode).not.toBe(0);
    expect(exitCode).not.toBe(8);
    expect(code).not.toBe('internal/unexpected');
  }
});
