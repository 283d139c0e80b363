import { ELEMENT_FIELDS, INPUT_FIELDS, INPUT_NAMES } from './surface.ts';
import type { FieldType } from './surface.ts';
import { childrenOf, isTree, loopOf } from './tree.ts';
import type { Tree } from './tree.ts';

/** What a shortcut may look at. */
export interface KnownValues {
  /** The inputs by name, and the conditions worked out so far. */
  readonly known: Readonly<Record<string, unknown>>;
  /** Whether a named condition holds; undefined when it fails or is not known. */
  condition(name: string): boolean | undefined;
}

/**
 * What an expression comes to, or undefined where only CEL's interpreter can tell. `element` is what the loop that
 * the expression stands in is at.
 */
export type Shortcut = (values: KnownValues, element: unknown) => boolean | undefined;

/** An operand: its value is of its type, or undefined where the input is not known. */
interface Term {
  readonly type: FieldType;
  readonly of: (values: KnownValues, element: unknown) => unknown;
}

/** The loop around an expression: its variable, and what is in its list. */
interface Loop {
  readonly name: string;
  readonly fields: Readonly<Record<string, FieldType>> | undefined;
}

/**
 * Compiles the part of CEL that most rules are made of: comparisons, membership and parts of texts over fields of the
 * inputs, `&&`, `||`, `!`, conditions, and `exists` and `all` over lists. None of it can fail but for an input that is
 * not known, and then it has no answer; `false && x` is false and `true || x` is true whatever x is, in CEL as here.
 * Returns undefined when nothing of the expression is of this kind. The tree has been checked for types.
 */
export function shortcutOf(tree: Tree, loop?: Loop): Shortcut | undefined {
  const [a, b] = childrenOf(tree);
  switch (tree.op) {
    case '&&':
      return either(a, b, false, loop);
    case '||':
      return either(a, b, true, loop);
    case '!_':
      return opposite(a, loop);
    case '==':
      return equality(a, b, true, loop);
    case '!=':
      return equality(a, b, false, loop);
    case 'in':
      return membership(a, b, loop);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return order(tree.op, a, b, loop);
    case 'rcall':
      return quantifier(tree, loop) ?? textTest(tree, loop);
    case 'id':
      return conditionOf(tree, loop) ?? truth(termOf(tree, loop));
    default:
      return truth(termOf(tree, loop));
  }
}

function part(tree: Tree | undefined, loop: Loop | undefined): Shortcut | undefined {
  return tree === undefined ? undefined : shortcutOf(tree, loop);
}

/** `&&` when `decisive` is false, `||` when it is true: one such side settles it. */
function either(
  a: Tree | undefined,
  b: Tree | undefined,
  decisive: boolean,
  loop: Loop | undefined,
): Shortcut | undefined {
  const [left, right] = [part(a, loop), part(b, loop)];
  if (left === undefined && right === undefined) return undefined;
  return (values, element) => {
    const first = left?.(values, element);
    if (first === decisive) return decisive;
    const second = right?.(values, element);
    if (second === decisive) return decisive;
    return first === undefined || second === undefined ? undefined : !decisive;
  };
}

function opposite(a: Tree | undefined, loop: Loop | undefined): Shortcut | undefined {
  const inner = part(a, loop);
  if (inner === undefined) return undefined;
  return (values, element) => {
    const value = inner(values, element);
    return value === undefined ? undefined : !value;
  };
}

function equality(
  a: Tree | undefined,
  b: Tree | undefined,
  equal: boolean,
  loop: Loop | undefined,
): Shortcut | undefined {
  const [left, right] = [termOf(a, loop), termOf(b, loop)];
  if (left === undefined || right?.type !== left.type || left.type === 'list<string>') return undefined;
  return (values, element) => {
    const [x, y] = [left.of(values, element), right.of(values, element)];
    return x === undefined || y === undefined ? undefined : (x === y) === equal;
  };
}

function membership(a: Tree | undefined, b: Tree | undefined, loop: Loop | undefined): Shortcut | undefined {
  const [member, list] = [termOf(a, loop), termOf(b, loop)];
  if (member?.type !== 'string' || list?.type !== 'list<string>') return undefined;
  return (values, element) => {
    const [text, among] = [member.of(values, element), list.of(values, element)];
    return typeof text === 'string' && Array.isArray(among) ? among.includes(text) : undefined;
  };
}

const ORDERS: Readonly<Record<'<' | '<=' | '>' | '>=', (a: bigint, b: bigint) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

function order(
  op: keyof typeof ORDERS,
  a: Tree | undefined,
  b: Tree | undefined,
  loop: Loop | undefined,
): Shortcut | undefined {
  const [left, right] = [termOf(a, loop), termOf(b, loop)];
  if (left?.type !== 'int' || right?.type !== 'int') return undefined;
  const holds = ORDERS[op];
  return (values, element) => {
    const [x, y] = [left.of(values, element), right.of(values, element)];
    return typeof x === 'bigint' && typeof y === 'bigint' ? holds(x, y) : undefined;
  };
}

const TEXT_TESTS: ReadonlyMap<unknown, (text: string, given: string) => boolean> = new Map([
  ['startsWith', (text, given) => text.startsWith(given)],
  ['endsWith', (text, given) => text.endsWith(given)],
  ['contains', (text, given) => text.includes(given)],
]);

function textTest(tree: Tree, loop: Loop | undefined): Shortcut | undefined {
  const [name] = Array.isArray(tree.args) ? (tree.args as readonly unknown[]) : [];
  const test = TEXT_TESTS.get(name);
  const [receiver, argument, ...more] = childrenOf(tree);
  const [text, given] = [termOf(receiver, loop), termOf(argument, loop)];
  if (test === undefined || text?.type !== 'string' || given?.type !== 'string' || more.length > 0)
    return undefined;
  return (values, element) => {
    const [x, y] = [text.of(values, element), given.of(values, element)];
    return typeof x === 'string' && typeof y === 'string' ? test(x, y) : undefined;
  };
}

/** `exists` and `all` over a list, when no other loop is around it. */
function quantifier(tree: Tree, outer: Loop | undefined): Shortcut | undefined {
  const [macro] = Array.isArray(tree.args) ? (tree.args as readonly unknown[]) : [];
  const loop = loopOf(tree);
  if (loop === undefined || outer !== undefined || (macro !== 'exists' && macro !== 'all')) return undefined;
  const list = listOf(loop.over);
  if (list === undefined) return undefined;
  const body = shortcutOf(loop.body, { name: loop.name, fields: list.fields });
  if (body === undefined) return undefined;
  const decisive = macro === 'exists';
  return (values) => {
    const elements = list.of(values, undefined);
    if (!Array.isArray(elements)) return undefined;
    let all: boolean | undefined = !decisive;
    for (const element of elements as readonly unknown[]) {
      const holds = body(values, element);
      if (holds === decisive) return decisive;
      if (holds === undefined) all = undefined;
    }
    return all;
  };
}

/** A list to go through, and the fields of what is in it; texts have none. */
function listOf(tree: Tree): (Pick<Term, 'of'> & Pick<Loop, 'fields'>) | undefined {
  if (tree.op === 'id' && typeof tree.args === 'string') {
    const [name, fields] = [tree.args, ELEMENT_FIELDS.get(tree.args)];
    return fields === undefined ? undefined : { fields, of: ({ known }) => known[name] };
  }
  const term = termOf(tree, undefined);
  return term?.type === 'list<string>' ? { fields: undefined, of: term.of } : undefined;
}

/** A name that is neither a loop's variable nor an input is that of a condition: others do not load. */
function conditionOf({ args }: Tree, loop: Loop | undefined): Shortcut | undefined {
  if (typeof args !== 'string' || args === loop?.name || INPUT_NAMES.has(args)) return undefined;
  return (values) => values.condition(args);
}

function truth(term: Term | undefined): Shortcut | undefined {
  if (term?.type !== 'bool') return undefined;
  return (values, element) => {
    const value = term.of(values, element);
    return typeof value === 'boolean' ? value : undefined;
  };
}

function termOf(tree: Tree | undefined, loop: Loop | undefined): Term | undefined {
  switch (tree?.op) {
    case 'value':
      return literal(tree.args);
    case 'list':
      return listOfLiterals(tree);
    case 'id':
      return nameTerm(tree.args, loop);
    case '.':
      return fieldTerm(tree.args, loop);
    default:
      return undefined;
  }
}

function literal(value: unknown): Term | undefined {
  const type =
    typeof value === 'string'
      ? 'string'
      : typeof value === 'bigint'
        ? 'int'
        : typeof value === 'boolean'
          ? 'bool'
          : undefined;
  return type === undefined ? undefined : { type, of: () => value };
}

function listOfLiterals(tree: Tree): Term | undefined {
  const elements = childrenOf(tree);
  const texts = elements.flatMap(({ op, args }) => (op === 'value' && typeof args === 'string' ? args : []));
  if (texts.length !== elements.length) return undefined;
  return { type: 'list<string>', of: () => texts };
}

function nameTerm(name: unknown, loop: Loop | undefined): Term | undefined {
  if (typeof name !== 'string') return undefined;
  if (name === loop?.name)
    return loop.fields === undefined ? { type: 'string', of: (_, element) => element } : undefined;
  return name === 'reason' ? { type: 'string', of: ({ known }) => known['reason'] } : undefined;
}

function fieldTerm(args: unknown, loop: Loop | undefined): Term | undefined {
  const [of, field] = Array.isArray(args) ? (args as readonly unknown[]) : [];
  if (!isTree(of) || of.op !== 'id' || typeof of.args !== 'string' || typeof field !== 'string')
    return undefined;
  const name = of.args;
  if (name === loop?.name) {
    const type = loop.fields?.[field];
    return type === undefined ? undefined : { type, of: (_, element) => fieldOf(element, field) };
  }
  const type = INPUT_FIELDS.get(name)?.[field];
  return type === undefined ? undefined : { type, of: ({ known }) => fieldOf(known[name], field) };
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[field]
    : undefined;
}
