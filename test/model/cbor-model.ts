// A second reader of docs/spec/cbor.md, slow and plain: first any CBOR item is parsed into a tree of
// heads with big integers, then each rule of the profile is one function over that tree. It shares no
// code with packages/codec, and holds no limit but depth and items.

interface Node {
  readonly major: number;
  readonly info: number;
  readonly argument: bigint;
  readonly content: readonly number[];
  readonly children: readonly Node[];
}

/** What the model reads. Maps are lists of entries, bytes are lists of numbers. */
export type ModelValue =
  | null
  | boolean
  | bigint
  | { readonly text: readonly number[] }
  | { readonly bytes: readonly number[] }
  | { readonly array: readonly ModelValue[] }
  | { readonly map: readonly (readonly [bigint, ModelValue])[] };

/** Returns the value when `bytes` are exactly one item of the profile, otherwise undefined. */
export function modelDecode(bytes: readonly number[]): ModelValue | undefined {
  const parsed = parse(bytes, 0);
  if (parsed?.end !== bytes.length) return undefined;
  return obeys(parsed.node) ? valueOf(parsed.node) : undefined;
}

function parse(bytes: readonly number[], start: number): { node: Node; end: number } | undefined {
  const initial = bytes[start];
  if (initial === undefined) return undefined;
  const major = Math.floor(initial / 32);
  const info = initial % 32;
  if (info >= 28) return undefined;
  const width = info < 24 ? 0 : [1, 2, 4, 8][info - 24];
  if (width === undefined) return undefined;
  let end = start + 1 + width;
  if (end > bytes.length) return undefined;
  const following = bytes.slice(start + 1, end);
  const argument =
    width === 0 ? BigInt(info) : following.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const length = BigInt(bytes.length);
  let content: readonly number[] = [];
  const children: Node[] = [];
  if (major === 2 || major === 3) {
    if (argument > length) return undefined;
    const contentEnd = end + Number(argument);
    if (contentEnd > bytes.length) return undefined;
    content = bytes.slice(end, contentEnd);
    end = contentEnd;
  }
  const count = major === 4 ? argument : major === 5 ? 2n * argument : major === 6 ? 1n : 0n;
  if (count > length) return undefined;
  for (let i = 0n; i < count; i++) {
    const child = parse(bytes, end);
    if (child === undefined) return undefined;
    children.push(child.node);
    end = child.end;
  }
  return { node: { major, info, argument, content, children }, end };
}

function obeys(root: Node): boolean {
  const nodes = allOf(root);
  return (
    nodes.length <= 65_536 &&
    depthOf(root) <= 16 &&
    nodes.every(
      (node) => isShortest(node) && isKnownType(node) && isInRange(node) && isUtf8(node) && isClosedMap(node),
    )
  );
}

function allOf(node: Node): readonly Node[] {
  return [node, ...node.children.flatMap(allOf)];
}

function depthOf(node: Node): number {
  const inner = Math.max(0, ...node.children.map(depthOf));
  return node.major === 4 || node.major === 5 ? inner + 1 : inner;
}

function isShortest(node: Node): boolean {
  if (node.major === 7) return true;
  const needed =
    node.argument < 24n
      ? 0
      : node.argument < 2n ** 8n
        ? 24
        : node.argument < 2n ** 16n
          ? 25
          : node.argument < 2n ** 32n
            ? 26
            : 27;
  return needed === 0 ? node.info < 24 : node.info === needed;
}

function isKnownType(node: Node): boolean {
  if (node.major === 6) return false;
  return node.major !== 7 || [20, 21, 22].includes(node.info);
}

function isInRange(node: Node): boolean {
  const value = node.major === 0 ? node.argument : node.major === 1 ? -1n - node.argument : 0n;
  return value >= -(2n ** 53n - 1n) && value <= 2n ** 53n - 1n;
}

function isClosedMap(node: Node): boolean {
  if (node.major !== 5) return true;
  const keys = node.children.filter((_, i) => i % 2 === 0);
  return keys.every((key, i) => {
    const before = keys[i - 1];
    return key.major === 0 && key.argument <= 23n && (before === undefined || before.argument < key.argument);
  });
}

// RFC 3629: the code point of each sequence, which must need that many bytes and be no surrogate.
function isUtf8(node: Node): boolean {
  if (node.major !== 3) return true;
  let rest = node.content;
  while (rest.length > 0) {
    const first = rest[0] ?? 0;
    const length =
      first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;
    const sequence = rest.slice(0, length);
    if (length === 0 || sequence.length < length) return false;
    if (sequence.slice(1).some((byte) => byte < 0x80 || byte > 0xbf)) return false;
    const lead = length === 1 ? first : first % 2 ** (7 - length);
    const point = sequence.slice(1).reduce((sum, byte) => sum * 64 + (byte % 64), lead);
    const least = [0, 0, 0x80, 0x800, 0x1_0000][length] ?? 0;
    if (point < least || point > 0x10_ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
    rest = rest.slice(length);
  }
  return true;
}

function valueOf(node: Node): ModelValue {
  switch (node.major) {
    case 0:
      return node.argument;
    case 1:
      return -1n - node.argument;
    case 2:
      return { bytes: node.content };
    case 3:
      return { text: node.content };
    case 4:
      return { array: node.children.map(valueOf) };
    case 5:
      return { map: entriesOf(node) };
    default:
      return node.info === 22 ? null : node.info === 21;
  }
}

function entriesOf(node: Node): readonly (readonly [bigint, ModelValue])[] {
  const entries: (readonly [bigint, ModelValue])[] = [];
  node.children.forEach((child, i) => {
    const key = node.children[i - 1];
    if (i % 2 === 1 && key !== undefined) entries.push([key.argument, valueOf(child)]);
  });
  return entries;
}
