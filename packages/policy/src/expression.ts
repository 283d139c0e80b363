import { ParseError, TypeError as CelTypeError } from '@marcbachmann/cel-js';
import type { Environment, ParseResult } from '@marcbachmann/cel-js';
import type { Leaf } from './document.ts';
import { PolicyError } from './error.ts';
import type { PolicyErrorCode } from './error.ts';
import { shortcutOf } from './shortcut.ts';
import type { Shortcut } from './shortcut.ts';

/** A checked expression of type bool, and the names it uses. */
export interface Expression {
  readonly source: string;
  readonly names: ReadonlySet<string>;
  readonly run: ParseResult;
  /** Answers without the interpreter where that is possible. */
  readonly shortcut: Shortcut | undefined;
  /** Place of the n-th UTF-16 code unit of the source. */
  readonly placeAt: Leaf['placeAt'];
}

const EXPRESSION_LENGTH_MAX = 4000;

/**
 * Compiles an expression against the typed environment.
 * @throws PolicyError `policy/expression-syntax`, `policy/expression-type`, `policy/type`, at the fault itself
 */
export function compile(env: Environment, leaf: Leaf): Expression {
  const source = leaf.value;
  if (typeof source !== 'string' || source.length > EXPRESSION_LENGTH_MAX) {
    throw new PolicyError(
      'policy/type',
      `expected an expression of at most ${EXPRESSION_LENGTH_MAX} characters`,
      leaf.place,
    );
  }
  const run = parse(env, source, leaf);
  const { valid, type, error } = run.check();
  if (!valid) throw fault('policy/expression-type', error, leaf);
  // A dyn result could be anything when it runs; only what is certainly true or false decides.
  if (type !== 'bool') {
    throw new PolicyError(
      'policy/expression-type',
      `an expression of type ${String(type)}, expected bool`,
      leaf.place,
    );
  }
  return { source, names: namesIn(run.ast), run, shortcut: shortcutOf(run.ast), placeAt: leaf.placeAt };
}

function parse(env: Environment, source: string, leaf: Leaf): ParseResult {
  try {
    return env.parse(source);
  } catch (error) {
    throw fault('policy/expression-syntax', error, leaf);
  }
}

function fault(code: PolicyErrorCode, error: unknown, leaf: Leaf): PolicyError {
  const known = error instanceof ParseError || error instanceof CelTypeError;
  const message = known ? error.summary : error instanceof Error ? error.message : 'refused';
  const start = known ? (error.range?.start ?? 0) : 0;
  return new PolicyError(code, message.split('\n', 1)[0] ?? message, leaf.placeAt(start), error);
}

/** Every identifier anywhere in the tree; a loop variable that hides an input only makes the set larger. */
function namesIn(ast: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const item of node) visit(item);
    } else if (isNode(node)) {
      if (node.op === 'id' && typeof node.args === 'string') names.add(node.args);
      visit(node.args);
    }
  };
  visit(ast);
  return names;
}

function isNode(value: unknown): value is { op: string; args: unknown } {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
