import { isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Document, Pair, YAMLMap } from 'yaml';
import { parseFile } from './document.ts';
import type { Item, PolicyFile } from './document.ts';
import { PolicyError } from './error.ts';

const ORDER: readonly string[] = [
  'version',
  'default',
  'conditions',
  'name',
  'given',
  'when',
  'allow',
  'deny',
  'require',
  'steps',
  'reason',
  'obligations',
  'expect',
  'rules',
  'cases',
];
const OPTIONS = { version: '1.2', schema: 'core' } as const;

/**
 * The file in the one form that `policy format` gives it: two spaces, quotes only where they are needed, keys of files,
 * rules and cases in the order of the specification, a blank line between blocks; comments stay where they are.
 * Formatting its own result changes nothing, and what the file says stays the same.
 * @throws PolicyError what reading it as strict YAML refuses; `policy/format` when the result would say something else
 */
export function formatFile(file: PolicyFile): PolicyFile {
  const before = parseFile(file);
  const once = printed(file.text);
  // Some comments only come to rest in the second pass.
  const text = printed(once);
  const same = JSON.stringify(plain(parseFile({ ...file, text }))) === JSON.stringify(plain(before));
  const still = printed(text) === text;
  const kept = commentsIn(text) === commentsIn(file.text) && hiddenIn(text) === hiddenIn(file.text);
  if (!same || !still || !kept) {
    throw new PolicyError(
      'policy/format',
      `${file.path} cannot be formatted without changing it`,
      before.place,
    );
  }
  return { path: file.path, text };
}

function printed(text: string): string {
  const document = parseDocument(text, OPTIONS);
  arrange(document);
  unquote(document);
  spread(document);
  return tightened(document.toString({ indent: 2, lineWidth: 0, singleQuote: true }));
}

/** Puts the keys of the file, its default, its rules and its cases in order. */
function arrange({ contents }: Document): void {
  if (!isMap(contents)) return;
  order(contents);
  for (const { value } of contents.items) {
    if (isMap(value) && contents.get('default') === value) order(value);
    if (isSeq(value)) for (const item of value.items) if (isMap(item)) order(item);
  }
}

/** Known keys in their order, others behind them as they stood. A comment in front of the first key stays the map's. */
function order(map: YAMLMap): void {
  const rank = ({ key }: Pair): number => {
    const at = isScalar(key) ? ORDER.indexOf(String(key.value)) : -1;
    return at === -1 ? ORDER.length : at;
  };
  map.items = [...map.items].sort((a, b) => rank(a) - rank(b));
}

function unquote(document: Document): void {
  visit(document, {
    Scalar: (_, node) => {
      // What cannot be seen stays written as an escape.
      if (/\p{C}/u.test(String(node.value))) return;
      if (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') delete node.type;
    },
  });
}

/** The text with `[a, b]` for `[ a, b ]`. */
function tightened(text: string): string {
  const spaces: (readonly [from: number, to: number])[] = [];
  visit(parseDocument(text, OPTIONS), {
    Seq: (_, { flow, range }) => {
      if (flow !== true || !range) return;
      const [start, end] = range;
      const inside = text.slice(start + 1, end - 1);
      if (inside.includes('\n')) return;
      const trimmed = inside.trimStart();
      spaces.push([start + 1, start + 1 + inside.length - trimmed.length]);
      if (trimmed !== '') spaces.push([start + 1 + inside.trimEnd().length, end - 1]);
    },
  });
  return spaces
    .sort(([a], [b]) => b - a)
    .reduce((whole, [from, to]) => `${whole.slice(0, from)}${whole.slice(to)}`, text);
}

/** A blank line in front of every block of the file and of every rule or case that takes more than a line. */
function spread(document: Document): void {
  // A comment at the end of a block brings the blank lines behind it, which are set here.
  visit(document, {
    Collection: (_, node) => {
      if (typeof node.comment === 'string') node.comment = node.comment.replace(/\s+$/, '');
    },
  });
  if (!isMap(document.contents)) return;
  for (const [index, { key, value }] of document.contents.items.entries()) {
    if (isScalar(key)) key.spaceBefore = index > 0;
    if (!isSeq(value) || value.flow === true) continue;
    for (const [at, item] of value.items.entries()) {
      if (isMap(item)) item.spaceBefore = at > 0 && item.flow !== true;
    }
  }
}

/** What an item says, without where it stands; keys in alphabetical order, as their order says nothing. */
function plain(item: Item): unknown {
  switch (item.type) {
    case 'value':
      return item.value;
    case 'list':
      return item.items.map(plain);
    case 'map':
      return {
        map: [...item.entries]
          .map(([key, { value }]) => [key, plain(value)])
          .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
      };
    default:
      return item satisfies never;
  }
}

/** The comments of a file, sorted by what they say. */
function commentsIn(text: string): string {
  const document = parseDocument(text, OPTIONS);
  const found: (string | null | undefined)[] = [document.commentBefore, document.comment];
  visit(document, {
    Node: (_, node) => {
      found.push(node.commentBefore, node.comment);
    },
  });
  return found
    .flatMap((comment) => comment?.split('\n') ?? [])
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .sort()
    .join('\n');
}

/** Characters that nobody sees, as they stand in a text: formatting must not put one where an escape was. */
function hiddenIn(text: string): string {
  return (
    text
      .replace(/\r\n/g, '\n')
      .match(/[^\P{C}\n]/gu)
      ?.join('') ?? ''
  );
}
