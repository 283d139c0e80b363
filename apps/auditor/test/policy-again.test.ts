import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatPublicKeyFile } from '@countersign/keys';
import { verifyBundle } from '@countersign/ledger';
import type { Quorum } from '@countersign/messages';
import { nodeVerifier } from '@countersign/program';
import { classifyTexts, encodeFacts } from '@countersign/sql';
import { afterAll, describe, expect, test } from 'vitest';
import { signerOf, storyAnchor, type Actor } from '../../../test/model/story-cast.ts';
import { Story, type Case } from '../../../test/model/story.ts';
import { policyAgain, type PolicyAgain } from '../src/policy-again.ts';

const folder = mkdtempSync(join(tmpdir(), 'policy-again-'));
afterAll(() => rmSync(folder, { recursive: true }));

const update = "UPDATE customers SET status = 'closed' WHERE id = 7";
const two: Quorum = [[{ role: 'dba', count: 2 }]];

/** A ledger whose policy asks two, and what `text` says besides. A story begins on a Monday at 14:13. */
function begun(text: string): Story {
  const story = new Story().begin();
  story.policy(policyOf(text));
  return story;
}

const policyOf = (text: string): string => `version: 1\ndefault: { require: { dba: 2 } }\n${text}\n`;

interface Asked {
  readonly by?: Actor;
  readonly sql?: string;
  readonly target?: string;
  readonly reason?: string;
  readonly quorum?: Quorum;
  readonly obligations?: readonly (readonly [string, string])[];
  readonly rows?: number;
  readonly breakGlass?: true;
}

/** A submission that was sealed into a request, with the facts that a program reads of it. */
function sealed(story: Story, asked: Asked = {}): Case {
  const { by = 'alice', sql = update, target = 'shop', rows = 1, quorum = two, obligations } = asked;
  const { reason = 'closed on request of the customer', breakGlass } = asked;
  const statements = [{ sql, params: [] }];
  const declared = breakGlass === undefined ? {} : { breakGlass };
  const made = story.submit({ statements, target, reason, ...declared }, by);
  story.verdict(made);
  story.request(made, {
    facts: encodeFacts(classifyTexts([sql], 'sqlite')),
    effect: {
      rows,
      tables: [{ table: 'customers', inserted: 0, updated: rows, deleted: 0 }],
      diffDigest: new Uint8Array(32),
      diffSize: 0,
      complete: true,
      notPreviewed: [],
      schemaChanges: [],
    },
    policy: {
      digest: story.policyDigest,
      rules: ['default'],
      reason: 'the default',
      quorum,
      ...(obligations === undefined ? {} : { obligations }),
    },
    ...(breakGlass === undefined ? {} : { breakGlass: { decision: 'require' as const, quorum: two } }),
  });
  return made;
}

/** A read that was let through unasked. */
function read(story: Story, { by = 'alice', target = 'shop', rows = 3 }: Asked = {}): Case {
  const made = story.submit({ statements: [{ sql: 'SELECT 1', params: [] }], target }, by);
  story.verdict(made, { decision: 'allow' });
  story.read(made, { rows });
  return made;
}

function run(story: Story, made: Case): void {
  story.decide(made, 'carol');
  story.decide(made, 'dave');
  story.intent(made);
  story.receipt(made, made.submission.breakGlass === true ? { breakGlass: true } : {});
}

function asked(story: Story): PolicyAgain {
  const ledger = verifyBundle(story.bundle(), { anchor: storyAnchor, verifier: nodeVerifier });
  return policyAgain(ledger);
}

const faults = (story: Story): readonly string[] =>
  asked(story).findings.map(({ code, reason }) => `${code}: ${reason}`);

const scope = (bounds: string): string => `scopes:\n  - { who: { ids: [alice] }, ${bounds} }`;
const rule = (when: string, outcome: string): string =>
  `rules:\n  - { name: r, when: '${when}', ${outcome} }`;
const outside = 'policy/out-of-scope: alice may not submit';

describe('what was let through within the recorded policy is no finding', () => {
  test.each<readonly [what: string, policy: string, asked: Asked]>([
    ['nothing bounds it', '', {}],
    ['a target', scope('targets: [shop]'), {}],
    ['a kind', scope('statements: [update]'), {}],
    ['a table', scope('tables: [main.customers]'), {}],
    ['an hour', scope("hours: { days: [mon], from: '14:00', to: '15:00' }"), {}],
    ['somebody else’s scope', scope('targets: [other]'), { by: 'pipeline' }],
    ['a rule that denies others', rule('identity.kind == "agent"', 'deny: no agents'), {}],
    ['a budget not used up', rule('budget.requests_hour > 1', 'deny: enough'), {}],
    ['more than the policy asks', rule('true', 'require: { dba: 1 }'), {}],
    ['obligations', rule('true', 'obligations: { reason: 5 }'), { obligations: [['reason', 'at least 5 characters']] }],
    ['an emergency that a scope lets them declare', 'scopes:\n  - { who: { ids: [alice] }, break_glass: true }', { breakGlass: true }],
  ])('%s', (_what, policy, of) => {
    const story = begun(policy);
    run(story, sealed(story, of));
    read(story, { by: 'pipeline' });
    expect(asked(story)).toEqual({ findings: [], asked: 1, outlined: 1, notAsked: 0 });
  }); // prettier-ignore
});

describe('what was let through against it is one', () => {
  test.each<readonly [what: string, policy: string, asked: Asked, finding: string]>([
    ['another target', scope('targets: [shop]'), { target: 'other' }, `${outside} for target other`],
    ['another kind', scope('statements: [select]'), {}, `${outside} statements of kind update`],
    ['another table', scope('tables: [main.orders]'), {}, `${outside} for table main.customers`],
    ['another hour', scope("hours: { days: [mon], from: '15:00', to: '16:00' }"), {}, `${outside} at this hour`],
    ['an emergency that no scope lets them declare', '', { breakGlass: true }, 'policy/out-of-scope: alice may not declare an emergency: no scope with break_glass names them'],
    ['a rule that denies', rule('diff.rows > 3', 'deny: too many rows'), { rows: 4 }, 'policy/denies: too many rows'],
    ['an obligation not met', rule('true', 'obligations: { reason: 200 }'), {}, 'policy/denies: rule r asks for a reason of at least 200 characters'],
    ['a lower quorum', '', { quorum: [[{ role: 'dba', count: 1 }]] }, 'policy/asks-more: '],
    ['a mask left out', rule('true', 'obligations: { mask: [main.customers.name] }'), {}, 'policy/asks-more: '],
    ['a tolerance that it does not give', '', { obligations: [['fewer_rows', 'true']] }, 'policy/asks-more: '],
  ])('%s', (_what, policy, of, finding) => {
    const story = begun(policy);
    sealed(story, of);
    const [only, ...more] = faults(story);
    expect(only).toContain(finding);
    expect(more).toEqual([]);
  }); // prettier-ignore

  test('a read of a target or at an hour beyond the scope', () => {
    const story = begun(scope('targets: [shop], tables: [main.orders]'));
    read(story);
    read(story, { target: 'other' });
    expect(faults(story)).toEqual([`${outside} for target other`]);
  });

  test('a run, when a scope was drawn tighter before it', () => {
    const story = begun('');
    const made = sealed(story);
    story.policy(policyOf(scope('tables: [main.orders]')));
    run(story, made);
    // Genesis, roster, two policies; submission, verdict, request; a policy; two decisions; the intent.
    expect(asked(story).findings).toMatchObject([{ index: 10, code: 'policy/out-of-scope' }]);
  });
});

describe('a budget is counted again', () => {
  const requests = rule('budget.requests_hour > 3', 'deny: enough');
  const rows = rule('budget.rows_day > 10', 'deny: too many');

  test('by requests, denied ones and dry runs among them, of that person, in that hour', () => {
    const story = begun(requests);
    story.verdict(story.submit(), { decision: 'deny' });
    story.note('operator', { person: 'alice', verb: 'dry-run', text: 'x' });
    sealed(story, { by: 'pipeline' });
    sealed(story);
    expect(faults(story)).toEqual([]);
    sealed(story);
    expect(faults(story)).toEqual(['policy/denies: enough']);
    story.now += 3600;
    sealed(story);
    expect(faults(story)).toHaveLength(1);
  });

  test('by rows of requests and of reads that ran', () => {
    const story = begun(rows);
    read(story, { rows: 4 });
    sealed(story, { rows: 5 });
    sealed(story, { rows: 1 });
    expect(faults(story)).toEqual([]);
    sealed(story, { rows: 1 });
    expect(faults(story)).toEqual(['policy/denies: too many']);
    story.now += 86_400;
    sealed(story, { rows: 10 });
    expect(faults(story)).toHaveLength(1);
  });

  test('and is no finding where the ledger leaves open what was used', () => {
    const story = begun(requests);
    for (let count = 0; count < 3; count += 1) {
      story.note('operator', { person: 'alice', verb: 'dry-run', text: 'x' });
      story.ledger.erase(story.ledger.size - 1);
    }
    sealed(story);
    expect(asked(story)).toMatchObject({ findings: [], asked: 1 });
  });
});

test('what cannot be asked is counted as that', () => {
  const unread = new Story().begin();
  unread.run();
  expect(asked(unread)).toEqual({ findings: [], asked: 0, outlined: 0, notAsked: 1 });
  // Which of two policies was asked with everything cannot be told.
  const between = begun(rule('true', 'deny: nothing'));
  const { policyDigest } = between;
  between.policy(policyOf(''));
  between.policyDigest = policyDigest;
  sealed(between);
  expect(asked(between)).toMatchObject({ findings: [], asked: 0, notAsked: 1 });
  const erased = begun(rule('true', 'deny: nothing'));
  sealed(erased);
  erased.ledger.erase(4);
  expect(asked(erased)).toMatchObject({ findings: [], asked: 0, notAsked: 1 });
});

test('who is asked about is who they are by the roster of that time', () => {
  const story = begun('scopes:\n  - { who: { roles: [operator] }, targets: [other] }');
  const [before] = story.rosters;
  story.roster({
    persons: (before?.persons ?? []).map((one) => (one.id === 'alice' ? { ...one, roles: ['dba'] } : one)),
  });
  sealed(story);
  expect(faults(story)).toEqual([]);
  story.roster({ persons: before?.persons ?? [] });
  sealed(story);
  expect(faults(story)).toHaveLength(1);
});

test('the program ends with 10 and names each, in words and in JSON', () => {
  const story = begun(scope('targets: [shop]'));
  sealed(story, { target: 'other' });
  const bundle = join(folder, 'against.csledger');
  writeFileSync(bundle, story.bundle());
  const root = join(folder, 'root.pub');
  writeFileSync(root, formatPublicKeyFile({ key: signerOf('root').publicKey, name: 'root' }));
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const audit = (...more: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [main, 'verify', bundle, '--root', root, ...more], {
      encoding: 'utf8',
      env: { NO_COLOR: '1' },
    });
  const answer = audit('--json');
  expect(answer.status).toBe(10);
  expect(JSON.parse(answer.stdout)).toMatchObject({
    exit_code: 10,
    code: 'audit/against-policy',
    policy: {
      asked: 0,
      findings: [{ index: 5, code: 'policy/out-of-scope', reason: `alice may not submit for target other` }],
    },
  });
  const said = audit();
  expect(said.status).toBe(10);
  expect(said.stdout).toContain('against policy: entry 5, request ');
  expect(said.stdout).not.toContain('verified:');
  expect(said.stderr).toContain('1 entry lets through what the recorded policy does not');
});
