import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Node } from 'yaml';
import { ExecutorError } from '../executor-error.ts';

/** A value of the configuration that knows where it stands, for errors with file and line. */
export class ConfigurationNode {
  readonly #file: ConfigurationFile;
  readonly #node: Node | undefined;
  readonly path: string;

  constructor(file: ConfigurationFile, node: Node | undefined, path: string) {
    this.#file = file;
    this.#node = node;
    this.path = path;
  }

  /**
   * Returns the entries of a mapping whose keys are all among `known`.
   * @throws `configuration/unknown-key`, `configuration/missing-key`, `configuration/value`
   */
  record(known: readonly string[], required: readonly string[]): ReadonlyMap<string, ConfigurationNode> {
    const entries = this.entries();
    for (const [key, node] of entries) {
      if (!known.includes(key)) {
        throw node.error(
          'configuration/unknown-key',
          `unknown key ${JSON.stringify(key)}`,
          `expected one of ${known.join(', ')}`,
        );
      }
    }
    for (const key of required) {
      if (!entries.has(key))
        throw this.error('configuration/missing-key', `${this.path} has no key ${JSON.stringify(key)}`);
    }
    return entries;
  }

  /** Returns the entries of a mapping with free keys, in the file's order. */
  entries(): ReadonlyMap<string, ConfigurationNode> {
    if (!isMap(this.#node)) throw this.error('configuration/value', `${this.path} is no mapping`);
    const entries = new Map<string, ConfigurationNode>();
    for (const { key, value } of this.#node.items) {
      if (!isScalar(key) || typeof key.value !== 'string')
        throw this.error('configuration/value', `${this.path} has a key that is no text`);
      entries.set(
        key.value,
        new ConfigurationNode(this.#file, (value ?? key) as Node, `${this.path}.${key.value}`),
      );
    }
    return entries;
  }

  /** Returns the items of a list. */
  items(): readonly ConfigurationNode[] {
    if (!isSeq(this.#node)) throw this.error('configuration/value', `${this.path} is no list`);
    return this.#node.items.map(
      (item, index) => new ConfigurationNode(this.#file, item as Node, `${this.path}[${index}]`),
    );
  }

  /** Returns the items of a list that has one at least, and `countMax` at most. */
  boundedItems(countMax: number): readonly ConfigurationNode[] {
    const items = this.items();
    if (items.length >= 1 && items.length <= countMax) return items;
    throw this.error(
      'configuration/value',
      `${this.path} has ${items.length} items, expected 1 to ${countMax}`,
    );
  }

  text(shape: RegExp, expected: string): string {
    const value = this.#scalar();
    if (typeof value !== 'string' || !shape.test(value))
      throw this.error('configuration/value', `${this.path} is not ${expected}`);
    return value;
  }

  /** Returns whether it is exactly this text. */
  is(text: string): boolean {
    return this.#scalar() === text;
  }

  integer(least: number, most: number): number {
    const value = this.#scalar();
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
      throw this.error('configuration/value', `${this.path} is no whole number from ${least} to ${most}`);
    }
    return value;
  }

  error(
    code: 'configuration/unknown-key' | 'configuration/missing-key' | 'configuration/value',
    fact: string,
    hint?: string,
  ): ExecutorError {
    return new ExecutorError(code, `${this.#file.place(this.#node)}: ${fact}`, { hint });
  }

  #scalar(): unknown {
    return isScalar(this.#node) ? this.#node.value : undefined;
  }
}

interface ConfigurationFile {
  place(node: Node | undefined): string;
}

/**
 * Reads one YAML document strictly: no aliases, no tags, no duplicate keys, no second document.
 * @throws `configuration/syntax` with file and line
 */
export function parseStrictYaml(text: string, path: string): ConfigurationNode {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    uniqueKeys: true,
    strict: true,
    version: '1.2',
    schema: 'core',
  });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const [document] = Array.isArray(documents) ? documents : [];
  if (document === undefined || documents.length !== 1) {
    throw new ExecutorError(
      'configuration/syntax',
      `${path} holds ${documents.length} YAML documents, expected one`,
    );
  }
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    throw new ExecutorError(
      'configuration/syntax',
      `${place(problem.pos[0])}: ${problem.message.split('\n')[0] ?? ''}`,
    );
  }
  const file = { place: (node: Node | undefined) => place(node?.range?.[0] ?? 0) };
  refuseAliases(document.contents, file);
  return new ConfigurationNode(file, document.contents ?? undefined, 'the file');
}

function refuseAliases(node: unknown, file: ConfigurationFile): void {
  if (isAlias(node))
    throw new ExecutorError(
      'configuration/syntax',
      `${file.place(node)}: an alias, expected the value itself`,
    );
  if (isMap(node)) node.items.forEach((pair) => refuseAliases(pair.value, file));
  if (isSeq(node)) node.items.forEach((item) => refuseAliases(item, file));
}
