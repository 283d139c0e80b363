import { describe, expect, test } from 'vitest';
import { decide, loadPolicy } from '@countersign/policy';
import type { PolicyInput } from '@countersign/policy';
import { inputOf } from './inputs.ts';

const policyOf = (more: string) =>
  loadPolicy([
    {
      path: 'main.yaml',
      text: `version: 1
default:
  steps: [{ dba: 1 }, { owner: 3, dba: 32 }]
${more}rules:
  - name: closed
    when: reason == "closed"
    deny: no
`,
    },
  ]);
const diff = { rows: 0, tables: [], complete: false, notPreviewed: ['all of it'], schemaChanges: [] };
const counts = (more: string, changes: Partial<PolicyInput>): unknown => {
  const { decision, quorum } = decide(policyOf(more), { ...inputOf({ sql: 'VACUUM' }), ...changes });
  return [decision, quorum.map((step) => step.map(({ role, count }) => `${role} ${count}`))];
};

describe('what could not be tried', () => {
  test('asks one more of each role, at least two and at most 32', () => {
    expect(counts('', { diff: { ...diff, untried: true } })).toEqual([
      'require',
      [['dba 2'], ['dba 32', 'owner 4']],
    ]);
  });

  test('asks as many for what was tried on a copy without rows', () => {
    expect(counts('', { diff: { ...diff, onCopy: true } })).toEqual([
      'require',
      [['dba 2'], ['dba 32', 'owner 4']],
    ]);
  });

  test('asks as many more as the default says', () => {
    const two = '  more_untried: 2\n';
    expect(counts(two, { diff: { ...diff, untried: true } })).toEqual([
      'require',
      [['dba 3'], ['dba 32', 'owner 5']],
    ]);
    expect(counts('  more_untried: 0\n', { diff: { ...diff, untried: true } })).toEqual([
      'require',
      [['dba 1'], ['dba 32', 'owner 3']],
    ]);
  });

  test('asks nobody more where it was tried, and changes no denial', () => {
    expect(counts('', { diff })).toEqual(['require', [['dba 1'], ['dba 32', 'owner 3']]]);
    expect(counts('', { diff: { ...diff, untried: true }, reason: 'closed' })).toEqual(['deny', []]);
  });

  test('the number has bounds', () => {
    for (const bad of ['-1', '32', '1.5', 'many']) {
      expect(() => policyOf(`  more_untried: ${bad}\n`)).toThrow(/whole number from 0 to 31/);
    }
  });
});
