import { qualified } from '../text.ts';
import {
  CHANGING_FUNCTIONS,
  EFFECTFUL_FUNCTIONS,
  HARMLESS_FUNCTIONS,
  LATER_FUNCTIONS,
} from './built-in-functions.ts';
import { BUILT_IN_OPERATORS, BUILT_IN_TYPES } from './built-in-names.ts';
import { hazard, noteOpaque, unknown } from './reading.ts';
import type { Reading } from './reading.ts';
import { child, flag, node, nodes, text, values, words } from './tree.ts';
import type { Tree } from './tree.ts';

const LOCKS = /^pg_(?:try_)?advisory_/;
/** Functions of extensions that are known to reach outside; any other name not listed is unknown alike. */
const OUTSIDE = /^(?:dblink|lo_|pg_|adminpack)/;

/** Judges one call by the name of the function; arguments are read elsewhere. */
export function readCallName(reading: Reading, call: Tree): void {
  const parts = words(values(call, 'funcname'));
  const builtIn = parts.length === 1 || (parts.length === 2 && parts[0] === 'pg_catalog');
  const name = parts.at(-1) ?? '';
  reading.found.functions.add(builtIn ? qualified(name) : qualified(...parts));
  const user = reading.schema.userFunction(parts);
  if (user !== undefined) {
    if (user.writes !== undefined) {
      reading.found.effects.add('write');
      for (const table of user.writes) reading.found.writes.add(table);
    }
    for (const table of user.reads ?? []) reading.found.reads.add(table);
    if (!user.harmless && user.writes === undefined) noteOpaque(reading, call);
    // Which of two of the same name is meant depends on the arguments: both count.
    if (!isBuiltIn(name) || !builtIn) return;
  }
  if (!builtIn) {
    unknown(reading, 'unknown-function', call);
    return;
  }
  // A bare name may mean a function of the path that fits its arguments better.
  if (parts.length === 1 && reading.schema.catalog?.functions === undefined) assume(reading, name);
  judgeBuiltIn(reading, name, call);
}

function assume(reading: Reading, name: string): void {
  if (isBuiltIn(name)) reading.found.assumedFunctions.add(qualified(name));
}

function isBuiltIn(name: string): boolean {
  return HARMLESS_FUNCTIONS.has(name) || LATER_FUNCTIONS.has(name) || EFFECTFUL_FUNCTIONS.has(name);
}

function judgeBuiltIn(reading: Reading, name: string, call: Tree): void {
  const { effects } = reading.found;
  if (HARMLESS_FUNCTIONS.has(name) || LATER_FUNCTIONS.has(name)) {
    const changing = CHANGING_FUNCTIONS.has(name) || (name === 'age' && values(call, 'args').length === 1);
    if (changing) hazard(reading, 'nondeterministic', call);
  } else if (name === 'nextval' || name === 'setval') readSequence(reading, call);
  else if (name === 'set_config' || name === 'setseed') {
    effects.add('session');
    hazard(reading, 'session-setting', call);
    reading.schema.changed = true;
  } else if (name === 'pg_notify') {
    effects.add('session');
    hazard(reading, 'notify', call);
  } else if (LOCKS.test(name)) {
    effects.add('session');
    hazard(reading, 'takes-locks', call);
  } else {
    const known = EFFECTFUL_FUNCTIONS.has(name) || OUTSIDE.test(name);
    unknown(reading, known ? 'effectful-function' : 'unknown-function', call);
  }
}

/** `nextval('s')` writes the sequence; when its name is not in the text, nothing is known. */
function readSequence(reading: Reading, call: Tree): void {
  hazard(reading, 'sequence', call);
  const [first] = nodes(call, 'args');
  const literal = first?.tag === 'TypeCast' ? node(first.body, 'arg') : first;
  const written = literal?.tag === 'A_Const' ? text(child(literal.body, 'sval'), 'sval') : '';
  const match = /^(?:([a-z_][a-z0-9_]*)\.)?([a-z_][a-z0-9_]*)$/.exec(written);
  if (match === null) {
    unknown(reading, 'effectful-function', call);
    return;
  }
  const sequence = reading.schema.qualify(match[1] ?? '', match[2] ?? '');
  reading.found.effects.add('write');
  reading.found.writes.add(sequence);
  if (!reading.schema.complete) reading.found.relations.add(sequence);
}

/** Judges an operator by its name, given as the parser's list of strings. */
export function readOperator(reading: Reading, parts: readonly string[], tree: Tree): void {
  const name = parts.at(-1) ?? '';
  const own = reading.schema.catalog?.operators;
  const builtIn = parts.length === 1 || (parts.length === 2 && parts[0] === 'pg_catalog');
  if (!builtIn || !BUILT_IN_OPERATORS.has(name) || (parts.length === 1 && own?.has(name) === true)) {
    unknown(reading, 'unknown-operator', tree);
    return;
  }
  if (parts.length === 1 && own === undefined) reading.found.operators.add(name);
}

/** Judges the type that something is cast to: a domain's check or a type's input function may run anything. */
export function readType(reading: Reading, type: Tree | undefined, tree: Tree): void {
  const parts = words(values(type, 'names'));
  const name = (parts.at(-1) ?? '').replace(/^_(?=[a-z])/, '');
  const { catalog } = reading.schema;
  if (flag(type, 'pct_type')) {
    unknown(reading, 'unknown-type', tree);
    return;
  }
  const known = catalog?.types;
  const own = known === undefined ? undefined : findType(reading, known, parts);
  if (own === true) return;
  const builtIn = parts.length === 1 || (parts.length === 2 && parts[0] === 'pg_catalog');
  if (own === false || !builtIn || !BUILT_IN_TYPES.has(name)) {
    unknown(reading, 'unknown-type', tree);
    return;
  }
  if (parts.length === 1 && known === undefined) reading.found.casts.add(qualified(name));
}

/** Whether a type of the catalogue is harmless to cast to; undefined when it names none. */
function findType(
  reading: Reading,
  known: ReadonlyMap<string, boolean>,
  parts: readonly string[],
): boolean | undefined {
  if (parts.length > 1) return known.get(qualified(...parts));
  if (BUILT_IN_TYPES.has(parts[0] ?? '')) return undefined;
  const schema = reading.schema.searchPath.find((part) => known.has(qualified(part, ...parts)));
  return schema === undefined ? undefined : known.get(qualified(schema, ...parts));
}
