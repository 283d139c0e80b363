import { describe, expect, test } from 'vitest';
import { childrenOf, printTree, treeOf, withChild } from '../src/tree.ts';
import type { Tree } from '../src/tree.ts';
import { treeMutants } from '../src/mutant-tree.ts';
import { policyOf } from './inputs.ts';

function treeFor(expression: string): Tree {
  const text = `version: 1\ndefault: { require: { dba: 1 } }\nconditions:\n  prod: '"prod" in target.tags'\nrules:\n  - name: x\n    deny: x\n    when: |-\n      ${expression}\n`;
  const when = policyOf(text).rules[0]?.when;
  if (when === undefined) throw new Error('no expression');
  return treeOf(when);
}

/** The tree without its places. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Uint8Array) return ['bytes', ...value];
  if (typeof value !== 'object' || value === null || !('op' in value) || !('args' in value)) return value;
  return [value.op, shape(value.args)];
}

const EXPRESSIONS = [
  'facts.read_only',
  '!facts.read_only',
  '!(facts.read_only || prod) && !!prod',
  '(prod || facts.parsed) && (facts.opaque || prod)',
  'prod || facts.parsed && facts.opaque || prod',
  'prod && (facts.parsed && facts.opaque)',
  '(prod ? facts.parsed : facts.opaque) ? prod : !prod',
  'prod == (facts.parsed == facts.opaque)',
  '(diff.rows - (diff.inserted - diff.updated)) * 2 > 7',
  'diff.rows - diff.inserted - diff.updated > -(3 - 1)',
  'diff.rows % 7 == 3 / 2',
  'statements.exists(s, s.kind in ["update", "delete"] && !s.limited)',
  'statements.filter(s, s.opaque).size() > 1',
  'size(facts.writes) >= 2 && facts.writes[0].startsWith("main.")',
  'facts.writes.all(w, changes.exists(c, c.table == w && c.rows > 0))',
  '"ticket" in context && context["ticket"].matches("^OPS-[0-9]+$")',
  'reason == "it\'s \\"quoted\\" \\\\ \\n \\u00e9"',
  'b"a\\x00z" == bytes("x") || uint(diff.rows) > 3u',
  '{"a": 1, "b": 2}["a"] == 1',
  'double(diff.rows) > 1.5 && double(diff.rows) < 2.0',
];

describe('an expression that is printed', () => {
  test.each(EXPRESSIONS)('%s reads back as the same tree', (expression) => {
    const tree = treeFor(expression);
    expect(shape(treeFor(printTree(tree)))).toEqual(shape(tree));
  });

  test.each(EXPRESSIONS)('%s: so do all its mutants, and none is the expression', (expression) => {
    const tree = treeFor(expression);
    const mutants = treeMutants(tree).map((mutant) => printTree(mutant.tree));
    expect(mutants.length).toBeGreaterThan(0);
    expect(mutants).not.toContain(printTree(tree));
    expect(new Set(mutants).size).toBe(mutants.length);
    for (const text of mutants) expect(printTree(treeFor(text))).toBe(text);
  });
});

test('a child is replaced where it stands', () => {
  for (const expression of EXPRESSIONS) {
    const tree = treeFor(expression);
    childrenOf(tree).forEach((child, index) => {
      expect(shape(withChild(tree, index, { ...child }))).toEqual(shape(tree));
      const marked = childrenOf(withChild(tree, index, { op: 'id', args: 'marked', start: 0 }));
      expect(marked.map(({ args }) => args === 'marked')).toEqual(marked.map((_, at) => at === index));
    });
  }
});
