import { describe, expect, test } from 'vitest';
import { examinePolicy, loadPolicy, starterPolicyFiles } from '@countersign/policy';
import type { Finding, PolicyTarget } from '@countersign/policy';
import { policyOf } from './inputs.ts';

const always = (): boolean => true;
const shop: PolicyTarget = { name: 'shop', engine: 'sqlite', tags: ['prod'] };

function found(rules: string, targets?: readonly PolicyTarget[]): readonly Finding[] {
  const policy = policyOf(`version: 1\ndefault: { require: { dba: 1 } }\nrules:\n${rules}`);
  return examinePolicy(policy, targets, always).findings;
}

function codes(rules: string, targets?: readonly PolicyTarget[]): readonly string[] {
  return found(rules, targets).map(({ code, rule }) => `${code} ${rule}`);
}

test('the starter policy has nothing to complain of, on any target', () => {
  expect(examinePolicy(loadPolicy(starterPolicyFiles), [shop], always)).toEqual({
    findings: [],
    unexamined: [],
    complete: true,
  });
});

describe('a rule that never matches', () => {
  test.each([
    ['a bound that contradicts another', 'diff.rows > 5 && diff.rows < 3'],
    ['a hazard that there is not', '"write-witout-where" in facts.hazards'],
    ['an effect that there is not', 'facts.effect == "delete"'],
    ['a kind of identity that there is not', 'identity.kind == "robot"'],
    ['an hour that there is not', 'time.hour > 24'],
    ['a dialect that there is not', 'facts.dialect == "oracle"'],
    ['reading that writes', 'facts.read_only && size(facts.writes) > 0'],
  ])('%s', (_, when) => {
    const findings = found(`  - { name: x, when: '${when}', deny: no }\n`);
    expect(findings.map(({ code, rule }) => [code, rule])).toEqual([['rule-never', 'x']]);
    expect(findings[0]?.message).toMatch(/^matched on none of \d+ boundary inputs$/);
  });

  test.each([
    'diff.rows == 7 && identity.kind == "agent" && "prod" in target.tags',
    'statements.exists(s, s.kind == "delete" && s.where == "absent") && time.weekday == 6',
    'facts.writes.exists(w, w.startsWith("main.pay")) && !facts.parsed',
    'changes.exists(c, c.table == "main.t" && c.deleted >= 100)',
    '"zone" in context && context["zone"] == "eu"',
    'size(reason) > 40',
    'facts.statement_count == 3',
    'target.name == "shop" || target.engine == "postgres"',
    'facts.dialect == "postgres" && "now" in facts.functions',
    'time.hour >= 22 || time.hour < 6',
    '"release" in identity.roles && !("junior" in identity.roles)',
    'size(diff.schema_changes) > 0 && !diff.complete',
  ])('is not one with %s', (when) => {
    expect(codes(`  - { name: x, when: '${when}', deny: no }\n`)).toEqual([]);
  });
});

describe('a rule that never decides', () => {
  test('asks for less than another that always matches too', () => {
    const rules = `  - { name: few, when: diff.rows > 10, require: { dba: 1 } }
  - { name: more, when: diff.rows > 5, require: { dba: 2 } }
`;
    expect(codes(rules)).toEqual(['rule-overruled few']);
    expect(found(rules)[0]?.message).toMatch(
      /^matched on \d+ of \d+ boundary inputs and changed no verdict: more decided$/,
    );
  });

  test('allows what is never allowed', () => {
    expect(codes('  - { name: open, when: "!facts.read_only", allow: true }\n')).toEqual([
      'rule-overruled open',
    ]);
  });

  test('asks where another denies', () => {
    const rules = `  - { name: closed, when: '!facts.read_only', deny: no }
  - { name: agents, when: '!facts.read_only && identity.kind == "agent"', require: { dba: 2 } }
`;
    expect(codes(rules)).toEqual(['rule-overruled agents']);
  });

  test('is not one that another leaves room', () => {
    const rules = `  - { name: closed, when: 'diff.rows > 10 && "prod" in target.tags', deny: no }
  - { name: many, when: diff.rows > 10, require: { dba: 2 } }
  - { name: ticket, when: '!facts.read_only', obligations: { ticket: '[A-Z]{2,8}-[0-9]+' } }
`;
    expect(codes(rules)).toEqual([]);
  });
});

describe('targets', () => {
  test('on which only allowing rules speak are named', () => {
    const rules = `  - { name: reads, when: facts.read_only, allow: true }
  - { name: many, when: 'diff.rows > 10 && "prod" in target.tags', require: { dba: 2 } }
`;
    const scratch = { name: 'scratch', engine: 'sqlite', tags: [] };
    expect(codes(rules, [shop])).toEqual([]);
    const findings = found(rules, [shop, scratch]);
    expect(findings.map(({ code, rule }) => [code, rule])).toEqual([['target-uncovered', 'default']]);
    expect(findings[0]?.message).toContain('target scratch');
  });

  test('and tags that rules name must exist', () => {
    const rules = `  - { name: a, when: 'target.name == "shpo"', deny: no }
  - { name: b, when: '"prdo" in target.tags || target.name.startsWith("sho")', deny: no }
`;
    expect(found(rules, [shop]).map(({ message }) => message)).toEqual([
      'no target is called "shpo"',
      'no target has the tag "prdo"',
    ]);
    expect(codes(rules)).toEqual([]);
  });
});

test('what is not varied is not judged', () => {
  const policy = policyOf(
    'version: 1\ndefault: { require: { dba: 1 } }\nrules: [{ name: x, when: "[1, 2].exists(n, n > 5)", deny: no }]\n',
  );
  expect(examinePolicy(policy, undefined, always)).toEqual({
    findings: [],
    unexamined: ['x'],
    complete: true,
  });
});

test('ends when there is no time left', () => {
  expect(examinePolicy(loadPolicy(starterPolicyFiles), undefined, () => false).complete).toBe(false);
});
