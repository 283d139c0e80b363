import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { ParsedNode, Scalar } from 'yaml';
import { PolicyError } from './error.ts';
import type { Place, PolicyErrorCode } from './error.ts';

/** One file of a policy. */
export interface PolicyFile {
  /** Relative, `/` between folders, ending in `.yaml`. */
  readonly path: string;
  readonly text: string;
}

/** A value of a policy file with the place it stands at. */
export type Item = Mapping | Sequence | Leaf;

export interface Mapping {
  readonly type: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, { readonly key: Place; readonly value: Item }>;
}

export interface Sequence {
  readonly type: 'list';
  readonly place: Place;
  readonly items: readonly Item[];
}

export interface Leaf {
  readonly type: 'value';
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** Place of the n-th UTF-16 code unit of a text, as exactly as its quoting allows. */
  readonly placeAt: (index: number) => Place;
}

const DEPTH_MAX = 12;

interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: LineCounter;
}

/**
 * Reads one file as plain data with places. Only what a reader sees at once is YAML here: anchors,
 * aliases, tags, merge keys and several documents are refused.
 * @throws PolicyError `policy/yaml-syntax`, `policy/yaml-feature`, `policy/duplicate-key`, `policy/type`
 */
export function parseFile(file: PolicyFile): Item {
  const lines = new LineCounter();
  const document = parseDocument(file.text, {
    lineCounter: lines,
    version: '1.2',
    schema: 'core',
    merge: false,
    strict: true,
    uniqueKeys: true,
    prettyErrors: false,
    stringKeys: true,
  });
  const source: Source = { path: file.path, text: file.text, lines };
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    throw new PolicyError(
      codeOf(problem.code),
      firstLine(problem.message),
      at(source, problem.pos[0]),
      problem,
    );
  }
  // A directive can change what plain words mean.
  if (document.directives.yaml.explicit === true) {
    throw new PolicyError('policy/yaml-feature', 'a directive, expected plain data', at(source, 0));
  }
  if (document.contents === null)
    throw new PolicyError('policy/type', 'an empty file, expected a map', at(source, 0));
  return read(source, document.contents, 0);
}

function codeOf(code: string): PolicyErrorCode {
  if (code === 'DUPLICATE_KEY') return 'policy/duplicate-key';
  return /ALIAS|ANCHOR|TAG|MULTIPLE_DOCS|NON_STRING_KEY|DIRECTIVE/.test(code)
    ? 'policy/yaml-feature'
    : 'policy/yaml-syntax';
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}

function at(source: Source, offset: number): Place {
  const { line, col } = source.lines.linePos(offset);
  return { file: source.path, line: Math.max(line, 1), column: Math.max(col, 1) };
}

function read(source: Source, node: ParsedNode, depth: number): Item {
  const place = at(source, node.range[0]);
  if (depth > DEPTH_MAX)
    throw new PolicyError('policy/yaml-feature', `nested deeper than ${DEPTH_MAX}`, place);
  const anchored = isAnchored(node) ? 'an anchor' : undefined;
  const tagged = node.tag === undefined ? undefined : 'a tag';
  const feature = anchored ?? tagged;
  if (feature !== undefined)
    throw new PolicyError('policy/yaml-feature', `${feature}, expected plain data`, place);
  if (isMap(node)) {
    const entries = new Map<string, { key: Place; value: Item }>();
    for (const pair of node.items) {
      const key = read(source, pair.key, depth + 1);
      if (key.type !== 'value' || typeof key.value !== 'string') {
        throw new PolicyError('policy/type', 'a key that is no text', key.place);
      }
      if (pair.value === null) throw new PolicyError('policy/type', 'a key without a value', key.place);
      const value = read(source, pair.value, depth + 1);
      entries.set(key.value, { key: key.place, value });
    }
    return { type: 'map', place, entries };
  }
  if (isSeq(node)) {
    return { type: 'list', place, items: node.items.map((item) => read(source, item, depth + 1)) };
  }
  if (isScalar(node)) return leaf(source, node, place);
  throw new PolicyError('policy/yaml-feature', 'an alias, expected plain data', place);
}

function isAnchored(node: ParsedNode): boolean {
  return !isAlias(node) && node.anchor !== undefined;
}

function leaf(source: Source, node: Scalar.Parsed, place: Place): Leaf {
  const value: unknown = node.value;
  if (
    typeof value !== 'string' &&
    typeof value !== 'number' &&
    typeof value !== 'boolean' &&
    value !== null
  ) {
    throw new PolicyError('policy/type', 'neither text, number, boolean nor null', place);
  }
  const placeAt = typeof value === 'string' ? places(source, node, value, place) : (): Place => place;
  return { type: 'value', place, value, placeAt };
}

/** Finds where in the file the code units of a text stand: exactly, or for a folded text its first line. */
function places(source: Source, node: Scalar.Parsed, value: string, place: Place): (index: number) => Place {
  const [start, end] = node.range;
  const quotes = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? 1 : 0;
  if (source.text.slice(start + quotes, end - quotes) === value) {
    return (index) => at(source, start + quotes + index);
  }
  if (node.type !== 'BLOCK_LITERAL') return () => place;
  const header = source.text.indexOf('\n', start) + 1;
  const indent = /^ */.exec(source.text.slice(header))?.[0].length ?? 0;
  return (index) => {
    const before = value.slice(0, index).split('\n');
    const column = (before.at(-1)?.length ?? 0) + indent + 1;
    return { file: source.path, line: at(source, header).line + before.length - 1, column };
  };
}
