import { childrenOf, loopOf, printTree, withChild } from './tree.ts';
import type { Tree } from './tree.ts';

/** An expression with one change in it. */
export interface TreeMutant {
  readonly tree: Tree;
  /** Where the changed part begins in the expression's source. */
  readonly at: number;
  /** What was changed, for people. */
  readonly change: string;
}

const COMPARISONS: ReadonlySet<string> = new Set(['<', '<=', '>', '>=']);

/**
 * Every expression that differs from this one in one small thing: a part that is always true or never, a bound moved
 * by one, a list without one element, all instead of any. Those that print alike are given once, and what prints as
 * the expression itself is left out.
 */
export function treeMutants(tree: Tree): readonly TreeMutant[] {
  const seen = new Set([printTree(tree)]);
  return variants(tree, true).filter((variant) => {
    const text = printTree(variant.tree);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

function variants(node: Tree, isBool: boolean): readonly TreeMutant[] {
  switch (node.op) {
    case '&&':
    case '||':
      return lifted(node, [true, true]);
    case '!_':
      return lifted(node, [true]);
    case '?:':
      return lifted(node, [true, isBool, isBool]);
    default:
      return [...(isBool ? stuck(node) : []), ...inside(node)];
  }
}

/** The variants of each child in its place; `bools` says which children are of type bool for certain. */
function lifted(node: Tree, bools: readonly boolean[]): readonly TreeMutant[] {
  return childrenOf(node).flatMap((child, index) =>
    variants(child, bools[index] === true).map((variant) => ({
      ...variant,
      tree: simplified(withChild(node, index, variant.tree)),
    })),
  );
}

function stuck(node: Tree): readonly TreeMutant[] {
  if (node.op === 'value') return [];
  return [true, false].map((value) => ({
    tree: { op: 'value', args: value, start: node.start },
    at: node.start,
    change: `${printTree(node)} taken as ${value ? 'true' : 'false'}`,
  }));
}

/** Changes within something that is true or false as a whole. */
function inside(node: Tree): readonly TreeMutant[] {
  const loop = loopOf(node);
  const bools = childrenOf(node).map((child) => child === loop?.body);
  return [...boundsMoved(node), ...elementsLeftOut(node), ...loopsTurned(node), ...lifted(node, bools)];
}

function boundsMoved(node: Tree): readonly TreeMutant[] {
  if (!COMPARISONS.has(node.op)) return [];
  return childrenOf(node).flatMap((child, index) => {
    const bound = child.args;
    if (child.op !== 'value' || typeof bound !== 'bigint') return [];
    // Nothing that rules look at is below nought.
    return [bound - 1n, bound + 1n]
      .filter((moved) => moved >= 0n)
      .map((moved) => {
        const tree = withChild(node, index, { ...child, args: moved });
        return { tree, at: node.start, change: `${printTree(node)} becomes ${printTree(tree)}` };
      });
  });
}

function elementsLeftOut(node: Tree): readonly TreeMutant[] {
  const elements = childrenOf(node);
  if (node.op !== 'list' || elements.length < 2) return [];
  return elements.map((element) => ({
    tree: { ...node, args: elements.filter((other) => other !== element) },
    at: element.start,
    change: `${printTree(element)} left out of the list`,
  }));
}

function loopsTurned(node: Tree): readonly TreeMutant[] {
  if (loopOf(node) === undefined || !Array.isArray(node.args)) return [];
  const [macro, ...rest] = node.args as readonly unknown[];
  const other = macro === 'exists' ? 'all' : macro === 'all' || macro === 'exists_one' ? 'exists' : undefined;
  if (other === undefined) return [];
  return [
    {
      tree: { ...node, args: [other, ...rest] },
      at: node.start,
      change: `${String(macro)} becomes ${other}`,
    },
  ];
}

/** The node without what a fixed part makes idle. */
function simplified(node: Tree): Tree {
  const [a, b, c] = childrenOf(node);
  if (a === undefined) return node;
  const [left, right] = [fixed(a), fixed(b)];
  switch (node.op) {
    case '!_':
      return left === undefined ? node : { ...node, op: 'value', args: !left };
    case '&&':
    case '||': {
      if (b === undefined) return node;
      const idle = node.op === '&&';
      if (left !== undefined) return left === idle ? b : { ...node, op: 'value', args: left };
      if (right !== undefined) return right === idle ? a : { ...node, op: 'value', args: right };
      return node;
    }
    case '?:':
      return left === undefined ? node : ((left ? b : c) ?? node);
    default:
      return node;
  }
}

function fixed(node: Tree | undefined): boolean | undefined {
  return node?.op === 'value' && typeof node.args === 'boolean' ? node.args : undefined;
}
