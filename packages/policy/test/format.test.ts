import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatFile, loadPolicy, starterPolicyFiles, starterTestFiles } from '@countersign/policy';

const SEED = 20_261_129;

function formatted(text: string): string {
  return formatFile({ path: 'a.yaml', text }).text;
}

function loads(text: string): boolean {
  try {
    return loadPolicy([{ path: 'a.yaml', text }]).rules.length > 0;
  } catch {
    return false;
  }
}

test('the files of a new home are formatted already', () => {
  for (const file of [...starterPolicyFiles, ...starterTestFiles]) expect(formatFile(file)).toEqual(file);
});

test('order, quotes and space are made the same, comments and meaning stay', () => {
  const text = `# what this is about

version: 1
rules:
    # about a
    -   allow:   true
        name:   "a"   # trailing
        when: "facts.read_only"


    - { deny: 'no', name: b, when: '"x" in facts.writes' }
    # before c
    - name: c
      # inside c
      when: |
        facts.read_only &&
        facts.parsed
      steps: [ {dba: 2}, {owner: 1} ]
    # the end of the rules
conditions: {prod: '"prod" in target.tags'}
default:
    reason: 'it''s # not a comment'
    require: {dba: 1}
# the end of the file
`;
  expect(formatted(text)).toBe(`# what this is about

version: 1

default:
  require: { dba: 1 }
  reason: "it's # not a comment"

conditions: { prod: '"prod" in target.tags' }

rules:
  # about a
  - name: a # trailing
    when: facts.read_only
    allow: true
  - { name: b, when: '"x" in facts.writes', deny: no }

  # before c
  - name: c
    # inside c
    when: |
      facts.read_only &&
      facts.parsed
    steps: [{ dba: 2 }, { owner: 1 }]
  # the end of the rules

  # the end of the file
`);
});

describe('whatever stands around the rules', () => {
  const base = `version: 1
default: { require: { dba: 1 } }
conditions:
  a: facts.parsed

rules:
  - name: c
    when: |
      a &&
      a
    steps:
      - dba: 2
      - { owner: 1, dba: 2 }
  - name: d
    when: >-
      a ||
      a
    allow: true
`.split('\n');
  const scrap = fc.tuple(
    fc.nat(base.length - 2),
    fc.constantFrom(
      '# x\n',
      '  # x\n',
      '    # x\n',
      '      # x\n',
      ' # x',
      '\n',
      '\n\n  # x\n\n',
      '    # x\n\n',
      ' ',
    ),
  );

  test('formatting changes no rule, keeps each comment, and changes nothing the second time', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 4 }), (scraps) => {
        const lines = [...base];
        for (const [at, more] of scraps)
          lines[at] = more.endsWith('\n') ? `${more}${lines[at] ?? ''}` : `${lines[at] ?? ''}${more}`;
        const text = lines.join('\n');
        // A comment in the middle of an expression makes another file of it, or none.
        if (!loads(text)) return;
        const result = formatted(text);
        expect(formatted(result)).toBe(result);
        const policies = [text, result].map((one) => loadPolicy([{ path: 'a.yaml', text: one }]));
        const [before, after] = policies.map(({ rules, conditions, fallback }) =>
          JSON.stringify([
            rules.map(({ name, when, outcome, reason, usesDiff }) => [
              name,
              when?.source,
              outcome,
              reason,
              usesDiff,
            ]),
            [...conditions.values()].map(({ name, expression }) => [name, expression.source]),
            fallback,
          ]),
        );
        expect(after).toBe(before);
        expect(result.match(/# x/g)?.length).toBe(text.match(/# x/g)?.length);
        accepted += 1;
      }),
      { seed: SEED, numRuns: 300 },
    );
    expect(accepted).toBeGreaterThan(150);
  });
});
