import type { Obligation, Policy, Rule } from './policy.ts';
import { childrenOf, isTree, loopOf, treeOf } from './tree.ts';
import type { Tree } from './tree.ts';

/** The constants that stand beside one input in the atoms of a rule. */
export interface Constants {
  readonly numbers: ReadonlySet<number>;
  readonly texts: ReadonlySet<string>;
}

/** Inputs that a rule looks at, such as `diff.rows` or `statements[].kind`, with the constants beside them. */
export type Mentions = ReadonlyMap<string, Constants>;

interface Gathered {
  readonly numbers: Set<number>;
  readonly texts: Set<string>;
}

type Loops = ReadonlyMap<string, string>;

/** What rules look at, themselves, through their conditions, and in their obligations. */
export function mentionsOf(policy: Policy, rules: readonly Rule[]): Mentions {
  const found = new Map<string, Gathered>();
  for (const { when, obligations } of rules) {
    if (when !== undefined) gather(policy, treeOf(when), new Map(), found, new Set());
    for (const obligation of obligations) gatherObligation(obligation, found);
  }
  return found;
}

function gatherObligation(obligation: Obligation, found: Map<string, Gathered>): void {
  switch (obligation.type) {
    case 'reason':
      note(found, 'reason', { numbers: new Set([obligation.lengthMin]), texts: new Set() });
      return;
    case 'max_rows':
      note(found, 'diff.rows', { numbers: new Set([obligation.rows]), texts: new Set() });
      return;
    case 'ticket':
      note(found, 'context', { numbers: new Set(), texts: new Set(['ticket']) });
      return;
    case 'backup':
      note(found, 'context', { numbers: new Set(), texts: new Set(['backup']) });
      return;
    case 'window':
    case 'mask':
    case 'may_drift':
    case 'fewer_rows':
      return;
    default:
      obligation satisfies never;
  }
}

/** Goes down to the atoms: what stands between `&&`, `||`, `!` and `?:`. */
function gather(
  policy: Policy,
  node: Tree,
  loops: Loops,
  found: Map<string, Gathered>,
  open: ReadonlySet<string>,
): void {
  const condition =
    node.op === 'id' && !loops.has(String(node.args)) ? policy.conditions.get(String(node.args)) : undefined;
  if (condition !== undefined) {
    if (!open.has(condition.name))
      gather(policy, treeOf(condition.expression), new Map(), found, new Set([...open, condition.name]));
    return;
  }
  if (['&&', '||', '!_', '?:'].includes(node.op)) {
    for (const child of childrenOf(node)) gather(policy, child, loops, found, open);
    return;
  }
  const loop = loopOf(node);
  if (loop !== undefined) {
    const over = pathOf(loop.over, loops) ?? '?';
    note(found, over, { numbers: new Set(), texts: new Set() });
    gather(policy, loop.body, new Map([...loops, [loop.name, `${over}[]`]]), found, open);
    return;
  }
  gatherAtom(policy, node, loops, found, open);
}

/** Every input of an atom gets every constant of the atom: which belongs to which need not be understood. */
function gatherAtom(
  policy: Policy,
  atom: Tree,
  loops: Loops,
  found: Map<string, Gathered>,
  open: ReadonlySet<string>,
): void {
  const paths: string[] = [];
  const constants: Gathered = { numbers: new Set(), texts: new Set() };
  const visit = (node: Tree): void => {
    if (node !== atom && loopOf(node) !== undefined) {
      gather(policy, node, loops, found, open);
      return;
    }
    const path = pathOf(node, loops);
    if (path !== undefined) paths.push(path);
    if (path === undefined || node.op === '[]') for (const child of childrenOf(node)) visit(child);
    if (node.op !== 'value') return;
    if (typeof node.args === 'bigint') constants.numbers.add(Number(node.args));
    if (typeof node.args === 'string') constants.texts.add(node.args);
  };
  visit(atom);
  for (const path of paths) note(found, path, constants);
}

function note(found: Map<string, Gathered>, path: string, constants: Gathered): void {
  const known = found.get(path) ?? { numbers: new Set<number>(), texts: new Set<string>() };
  for (const number of constants.numbers) known.numbers.add(number);
  for (const text of constants.texts) known.texts.add(text);
  found.set(path, known);
}

/** The input that a node reads, list elements as `[]`; undefined when it is more than a path. */
function pathOf(node: Tree, loops: Loops): string | undefined {
  if (node.op === 'id') return loops.get(String(node.args)) ?? String(node.args);
  const [base] = childrenOf(node);
  if (base === undefined || !Array.isArray(node.args)) return undefined;
  const below = pathOf(base, loops);
  if (below === undefined) return undefined;
  if (node.op === '.' || node.op === '.?') {
    const [, field] = node.args as readonly unknown[];
    return isTree(field) ? undefined : `${below}.${String(field)}`;
  }
  return node.op === '[]' || node.op === '[?]' ? (below === 'context' ? below : `${below}[]`) : undefined;
}
