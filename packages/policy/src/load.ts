import type { Environment } from '@marcbachmann/cel-js';
import { encode, sha256, utf8Length } from '@countersign/codec';
import { parseFile } from './document.ts';
import type { Item, Leaf, Mapping, PolicyFile } from './document.ts';
import { PolicyError } from './error.ts';
import type { Place } from './error.ts';
import { compile } from './expression.ts';
import { readFunctions } from './functions.ts';
import type { Condition, Policy, Rule } from './policy.ts';
import { COUNT_MAX, ROLES_MAX } from './quorum.ts';
import { REGO_PATH, readRegoSources } from './rego-source.ts';
import type { RegoSource } from './rego-source.ts';
import { readRequirement, readRule } from './rule.ts';
import { readScopes } from './scope.ts';
import { NAME, closedMap, leaf, list, openMap, requiredEntry, shown, text, wholeNumber } from './shape.ts';
import { INPUT_NAMES, environment } from './surface.ts';
import { readTags } from './tags.ts';
import { UNTRIED_MORE } from './untried.ts';
import type { Quorum } from './verdict.ts';

export const FILES_MAX = 64;
const FILE_BYTES_MAX = 262_144;
const RULES_MAX = 500;
const CONDITION = /^[a-z][a-z0-9_]{0,63}$/;
const PATH = /^(?!.*\.\.)[A-Za-z0-9_-][A-Za-z0-9._/-]{0,199}\.yaml$/;
/** How a file with cases is named: cases are no rules and change neither what is decided nor the digest. */
export const TEST_FILE: RegExp = /\.test\.yaml$/;

/**
 * Reads a policy out of its files and checks everything that can be checked without a submission.
 * @throws PolicyError with file, line and column
 */
export function loadPolicy(files: readonly PolicyFile[]): Policy {
  const sorted = sortedFiles(files);
  const digest = policyDigest(sorted);
  const regoFile = sorted.find(({ path }) => path === REGO_PATH);
  const documents = sorted.filter((file) => file !== regoFile).map((file) => readDocument(file));
  const conditionItems = collectConditions(documents);
  const env = environment(conditionItems.keys());
  const conditions = compileConditions(env, conditionItems);
  const reach = reachOf(conditions);
  const rules = documents.flatMap((document) => document.rules.map((item) => readRule(env, item, reach)));
  requireDistinct(rules);
  const fallback = onlyDefault(documents);
  requireFewRoles([
    fallback.quorum,
    ...rules.flatMap((rule) => (rule.outcome.type === 'require' ? [rule.outcome.quorum] : [])),
  ]);
  const functions = readFunctions(documents.flatMap((document) => document.functions ?? []));
  const tags = readTags(documents.flatMap((document) => document.tags ?? []));
  const scopes = readScopes(documents.flatMap((document) => document.scopes ?? []));
  const rego = regoFile === undefined ? new Map<string, RegoSource>() : readRegoSources(regoFile);
  return { digest, files: sorted, conditions, rules, fallback, functions, scopes, tags, rego };
}

/** SHA-256 over the CBOR array of `[path, text]` of every file, sorted by path. */
export function policyDigest(files: readonly PolicyFile[]): Uint8Array {
  return sha256(encode(sortedFiles(files).map((file) => [file.path, file.text])));
}

function sortedFiles(files: readonly PolicyFile[]): readonly PolicyFile[] {
  if (files.length === 0) throw new PolicyError('policy/no-files', 'no files, expected at least one');
  if (files.length > FILES_MAX) {
    throw new PolicyError('policy/too-large', `${files.length} files, at most ${FILES_MAX}`);
  }
  for (const file of files) {
    requireFile(file);
    if (TEST_FILE.test(file.path))
      throw new PolicyError('policy/path', `path ${shown(file.path)} is one of tests, expected rules`);
  }
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const twice = sorted.find((file, index) => file.path === sorted[index + 1]?.path);
  if (twice !== undefined) throw new PolicyError('policy/path', `path ${shown(twice.path)} stands twice`);
  return sorted;
}

/** @throws PolicyError `policy/path`, `policy/too-large` */
export function requireFile(file: PolicyFile): void {
  if (!PATH.test(file.path))
    throw new PolicyError('policy/path', `path ${shown(file.path)}, expected name.yaml`);
  if (file.text.length > FILE_BYTES_MAX || utf8Length(file.text) > FILE_BYTES_MAX) {
    throw new PolicyError('policy/too-large', `${file.path}: more than ${FILE_BYTES_MAX} bytes`);
  }
}

interface Document {
  readonly fallback: { readonly item: Item; readonly key: Place } | undefined;
  readonly conditions: Mapping['entries'];
  readonly rules: readonly Item[];
  readonly functions: Item | undefined;
  readonly scopes: Item | undefined;
  readonly tags: Item | undefined;
}

function readDocument(file: PolicyFile): Document {
  const item = parseFile(file);
  const entries = closedMap(item, [
    'version',
    'default',
    'conditions',
    'functions',
    'scopes',
    'tags',
    'rules',
  ]);
  const version = requiredEntry(entries, 'version', item.place);
  if (leaf(version).value !== 1)
    throw new PolicyError('policy/version', 'expected version: 1', version.place);
  const fallback = entries.get('default');
  const conditions = entries.get('conditions');
  const rules = entries.get('rules');
  return {
    fallback: fallback === undefined ? undefined : { item: fallback.value, key: fallback.key },
    conditions: conditions === undefined ? new Map() : openMap(conditions.value),
    rules: rules === undefined ? [] : list(rules.value),
    functions: entries.get('functions')?.value,
    scopes: entries.get('scopes')?.value,
    tags: entries.get('tags')?.value,
  };
}

function collectConditions(documents: readonly Document[]): ReadonlyMap<string, Leaf> {
  const found = new Map<string, Leaf>();
  for (const [name, { key, value }] of documents.flatMap((document) => [...document.conditions])) {
    if (!CONDITION.test(name) || INPUT_NAMES.has(name)) {
      throw new PolicyError('policy/name', `condition ${shown(name)}, expected letters, digits and _`, key);
    }
    if (found.has(name))
      throw new PolicyError('policy/duplicate-name', `condition ${shown(name)} stands twice`, key);
    found.set(name, leaf(value));
  }
  return found;
}

function compileConditions(
  env: Environment,
  items: ReadonlyMap<string, Leaf>,
): ReadonlyMap<string, Condition> {
  const conditions = new Map<string, Condition>();
  for (const [name, item] of items) conditions.set(name, { name, expression: compile(env, item) });
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    const condition = conditions.get(name);
    if (condition === undefined || done.has(name)) return;
    if (path.includes(name)) {
      throw new PolicyError(
        'policy/condition-cycle',
        `condition ${shown(name)} uses itself`,
        items.get(name)?.place,
      );
    }
    for (const used of condition.expression.names) visit(used, [...path, name]);
    done.add(name);
  };
  for (const name of conditions.keys()) visit(name, []);
  return conditions;
}

/** Every name that each condition looks at, itself or through others; they are known not to go in circles. */
function reachOf(conditions: ReadonlyMap<string, Condition>): ReadonlyMap<string, ReadonlySet<string>> {
  const reach = new Map<string, ReadonlySet<string>>();
  const visit = (name: string): ReadonlySet<string> => {
    const known = reach.get(name);
    if (known !== undefined) return known;
    const names = [...(conditions.get(name)?.expression.names ?? [])];
    const all = new Set([...names, ...names.flatMap((used) => [...visit(used)])]);
    reach.set(name, all);
    return all;
  };
  for (const name of conditions.keys()) visit(name);
  return reach;
}

function requireDistinct(rules: readonly Rule[]): void {
  if (rules.length > RULES_MAX)
    throw new PolicyError('policy/too-large', `${rules.length} rules, at most ${RULES_MAX}`);
  const seen = new Set<string>();
  for (const { name, place } of rules) {
    if (!NAME.test(name) || name === 'default') {
      throw new PolicyError(
        'policy/name',
        `rule ${shown(name)}, expected lower-case letters, digits and -`,
        place,
      );
    }
    if (seen.has(name))
      throw new PolicyError('policy/duplicate-name', `rule ${shown(name)} stands twice`, place);
    seen.add(name);
  }
}

function onlyDefault(documents: readonly Document[]): Policy['fallback'] {
  const defaults = documents.flatMap((document) => document.fallback ?? []);
  const [only, second] = defaults;
  if (only === undefined)
    throw new PolicyError('policy/default-missing', 'no default, expected one in one file');
  if (second !== undefined)
    throw new PolicyError('policy/default-twice', 'a second default, expected one', second.key);
  const entries = closedMap(only.item, ['require', 'steps', 'reason', 'more_untried']);
  const quorum = readRequirement(entries, only.item.place);
  if (quorum === undefined)
    throw new PolicyError('policy/outcome', 'a default without require or steps', only.item.place);
  const reason = entries.get('reason');
  const more = entries.get('more_untried');
  return {
    quorum,
    reason: reason === undefined ? 'no rule matched' : text(reason.value, 500),
    moreUntried: more === undefined ? UNTRIED_MORE : wholeNumber(more.value, 0, COUNT_MAX - 1),
  };
}

function requireFewRoles(quorums: readonly Quorum[]): void {
  const roles = new Set(quorums.flat(2).map(({ role }) => role));
  // Requirements are added up into one quorum, which has room for so many roles.
  if (roles.size > ROLES_MAX)
    throw new PolicyError('policy/quorum', `${roles.size} roles, at most ${ROLES_MAX}`);
}
