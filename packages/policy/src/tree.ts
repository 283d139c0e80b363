/** A node of an expression's tree, as the parser of CEL names it. */
export interface Tree {
  readonly op: string;
  readonly args: unknown;
  /** Where its text begins in the expression's source, in UTF-16 code units. */
  readonly start: number;
}

/** Macros that bind a variable to each element of a list, the last argument being of type bool. */
export const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter']);

/** The tree of a compiled expression. */
export function treeOf({ run }: { readonly run: { readonly ast: Tree } }): Tree {
  return run.ast;
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value && 'start' in value;
}

/** The nodes right below a node, in the order of their text. */
export function childrenOf({ args }: Tree): readonly Tree[] {
  if (isTree(args)) return [args];
  return Array.isArray(args) ? args.flat(2).filter(isTree) : [];
}

/** The node with its `index`-th child (of {@link childrenOf}) replaced. */
export function withChild(node: Tree, index: number, child: Tree): Tree {
  if (isTree(node.args)) return { ...node, args: child };
  const old = childrenOf(node)[index];
  const replace = (value: unknown): unknown =>
    value === old ? child : Array.isArray(value) ? value.map(replace) : value;
  return { ...node, args: replace(node.args) };
}

/** The variable, list and predicate of a loop over a list; undefined for any other node. */
export function loopOf(
  node: Tree,
): { readonly name: string; readonly over: Tree; readonly body: Tree } | undefined {
  if (node.op !== 'rcall' || !Array.isArray(node.args)) return undefined;
  const [macro, over, given] = node.args as readonly unknown[];
  if (typeof macro !== 'string' || !LOOPS.has(macro) || !isTree(over) || !Array.isArray(given))
    return undefined;
  const [variable, body, ...more] = given as readonly unknown[];
  if (!isTree(variable) || variable.op !== 'id' || !isTree(body) || more.length > 0) return undefined;
  return { name: String(variable.args), over, body };
}

/**
 * The expression's text. Reads back as the same tree; parentheses stand wherever they could matter.
 * Strings are written in JSON's escapes, which are CEL's too.
 */
export function printTree(node: Tree): string {
  const [a, b, c] = childrenOf(node);
  switch (node.op) {
    case 'value':
      return printValue(node.args);
    case 'id':
      return String(node.args);
    case '.':
    case '.?':
      return `${operand(a)}${node.op}${String((node.args as readonly unknown[])[1])}`;
    case '[]':
      return `${operand(a)}[${print(b)}]`;
    case '[?]':
      return `${operand(a)}[?${print(b)}]`;
    case '!_':
      return `!${operand(a)}`;
    case '-_':
      return `-(${print(a)})`;
    case '?:':
      return `${operand(a)} ? ${operand(b)} : ${operand(c)}`;
    case 'call':
      return `${String((node.args as readonly unknown[])[0])}(${childrenOf(node).map(printTree).join(', ')})`;
    case 'rcall':
      return `${operand(a)}.${String((node.args as readonly unknown[])[0])}(${childrenOf(node).slice(1).map(printTree).join(', ')})`;
    case 'list':
      return `[${childrenOf(node).map(printTree).join(', ')}]`;
    case 'map':
      return `{${(node.args as readonly (readonly Tree[])[]).map((entry) => entry.map(printTree).join(': ')).join(', ')}}`;
    default:
      return `${operand(a, node.op, true)} ${node.op} ${operand(b, node.op)}`;
  }
}

function print(node: Tree | undefined): string {
  return node === undefined ? '' : printTree(node);
}

const ATOMS: ReadonlySet<string> = new Set([
  'value',
  'id',
  '.',
  '[]',
  '.?',
  '[?]',
  'call',
  'rcall',
  'list',
  'map',
]);

/** An operand, in parentheses unless it needs none beside `op`. */
function operand(node: Tree | undefined, op = '', isLeft = false): string {
  if (node === undefined) return '';
  const chain = op === '&&' || op === '||';
  const plain =
    ATOMS.has(node.op) ||
    (node.op === '!_' && op !== '') ||
    (chain && (node.op === op ? isLeft : !['&&', '||', '?:'].includes(node.op)));
  return plain ? printTree(node) : `(${printTree(node)})`;
}

function printValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Number.isInteger(value) ? `${value}.0` : String(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return printOther(value);
  }
}

/** A literal of bytes, an unsigned number, or null: nothing else is left. */
function printOther(value: unknown): string {
  if (value instanceof Uint8Array)
    return `b"${[...value].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;
  const unsigned = typeof value === 'object' && value !== null && 'value' in value ? value.value : undefined;
  return typeof unsigned === 'bigint' ? `${unsigned}u` : 'null';
}
