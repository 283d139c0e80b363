/** A node of the parser's tree without its tag, or a bare structure in one. */
export interface Tree {
  readonly [field: string]: Value | undefined;
}

export type Value = string | number | boolean | Tree | readonly Value[];

/** A node with its tag, which names the structure that `body` is. */
export interface Node {
  readonly tag: string;
  readonly body: Tree;
}

export function isTree(value: Value | undefined): value is Tree {
  return typeof value === 'object' && !Array.isArray(value);
}

/** The node that a value wraps, `{ Tag: { … } }`; undefined for anything else. */
export function nodeOf(value: Value | undefined): Node | undefined {
  if (!isTree(value)) return undefined;
  const [tag, second] = Object.keys(value);
  if (tag === undefined || second !== undefined || !/^[A-Z]/.test(tag)) return undefined;
  const body = value[tag];
  return isTree(body) ? { tag, body } : undefined;
}

export function text(tree: Tree | undefined, field: string): string {
  const value = tree?.[field];
  return typeof value === 'string' ? value : '';
}

export function flag(tree: Tree | undefined, field: string): boolean {
  return tree?.[field] === true;
}

/** Byte offset of a node in the text, or undefined when the parser gives none; it leaves out 0. */
export function locationOf(tree: Tree): number | undefined {
  const value = tree['location'];
  if (value === undefined) return 0;
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

export function child(tree: Tree | undefined, field: string): Tree | undefined {
  const value = tree?.[field];
  return isTree(value) ? value : undefined;
}

export function node(tree: Tree | undefined, field: string): Node | undefined {
  return nodeOf(tree?.[field]);
}

export function values(tree: Tree | undefined, field: string): readonly Value[] {
  const value = tree?.[field];
  return Array.isArray(value) ? (value as readonly Value[]) : [];
}

/** The nodes of a list; a value that wraps none is left out. */
export function nodes(tree: Tree | undefined, field: string): readonly Node[] {
  return values(tree, field).flatMap((value) => nodeOf(value) ?? []);
}

/** The text, or `otherwise` when it is empty; `?` stands for what is not known. */
export function orElse(value: string, otherwise: string | undefined): string {
  return value === '' ? (otherwise ?? '?') : value;
}

/** The strings of a list of String nodes, as names and operators are given. */
export function words(list: readonly Value[]): readonly string[] {
  return list.flatMap((value) => {
    const found = nodeOf(value);
    return found?.tag === 'String' ? [text(found.body, 'sval')] : [];
  });
}
