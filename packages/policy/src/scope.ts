import type { Facts, StatementFacts } from '@countersign/sql';
import type { Finding } from './check.ts';
import type { Item } from './document.ts';
import { PolicyError } from './error.ts';
import type { PolicyIdentity } from './input.ts';
import type { Scope } from './policy.ts';
import { closedMap, leaf, list, requiredEntry, shown, text } from './shape.ts';
import { isOpen, readWindow } from './window.ts';

/** A submission as far as scopes look at it. */
export interface ScopedSubmission {
  readonly identity: PolicyIdentity;
  readonly target: string;
  readonly facts: Facts;
  /** Whole seconds since 1970. */
  readonly submittedAt: number;
}

const SCOPES_MAX = 200;
const NAMES_MAX = 200;
const TABLE = /^(?:[^.\s"]+|"[^"]+")\.(?:[^.\s"]+|"[^"]+"|\*)$/;
const KINDS = ['human', 'service', 'agent'];

/**
 * Reads `scopes:` of a file.
 * @throws PolicyError `policy/scope`, `policy/window`, `policy/too-large` and those of the shape
 */
export function readScopes(items: readonly Item[]): readonly Scope[] {
  const all = items.flatMap((item) => list(item));
  if (all.length > SCOPES_MAX)
    throw new PolicyError('policy/too-large', `${all.length} scopes, at most ${SCOPES_MAX}`);
  return all.map(readScope);
}

function readScope(item: Item): Scope {
  const entries = closedMap(item, ['who', 'break_glass', 'targets', 'statements', 'tables', 'hours']);
  const who = requiredEntry(entries, 'who', item.place);
  const named = closedMap(who, ['ids', 'roles', 'kinds']);
  if (named.size === 0) throw new PolicyError('policy/scope', 'a scope of nobody', who.place);
  if (entries.size === 1)
    throw new PolicyError(
      'policy/scope',
      'a scope that bounds nothing, expected targets, tables or the like',
      item.place,
    );
  const names = (
    from: typeof entries,
    key: string,
    expected: RegExp | readonly string[],
  ): readonly string[] | undefined => {
    const entry = from.get(key);
    return entry === undefined ? undefined : readNames(entry.value, expected);
  };
  const hours = entries.get('hours');
  const kinds = names(named, 'kinds', KINDS) ?? [];
  const breakGlass = readDeclaration(entries.get('break_glass')?.value, kinds);
  return {
    ids: names(named, 'ids', /./) ?? [],
    roles: names(named, 'roles', /./) ?? [],
    kinds,
    breakGlass,
    targets: names(entries, 'targets', /./),
    statements: names(entries, 'statements', /^[a-z][a-z-]*$/),
    tables: names(entries, 'tables', TABLE),
    hours: hours === undefined ? undefined : readWindow(hours.value),
  };
}

/** An agent never declares an emergency, so a scope that lets agents do so is a mistake about what it does. */
function readDeclaration(item: Item | undefined, kinds: readonly string[]): boolean {
  if (item === undefined) return false;
  if (leaf(item).value !== true)
    throw new PolicyError('policy/type', 'expected break_glass: true', item.place);
  if (kinds.includes('agent'))
    throw new PolicyError(
      'policy/scope',
      'break_glass for agents, which never declare an emergency',
      item.place,
    );
  return true;
}

function readNames(item: Item, expected: RegExp | readonly string[]): readonly string[] {
  const items = list(item);
  if (items.length === 0 || items.length > NAMES_MAX)
    throw new PolicyError('policy/scope', `expected 1 to ${NAMES_MAX} names`, item.place);
  return items.map((one) => {
    const name = text(one, 256);
    if (expected instanceof RegExp ? expected.test(name) : expected.includes(name)) return name;
    throw new PolicyError('policy/scope', `${shown(name)} is no name that may stand here`, one.place);
  });
}

/**
 * Returns why a submission lies outside every scope that names its identity, in one line; undefined when one of them holds
 * all of it, or none names the identity.
 */
export function scopeFault(scopes: readonly Scope[], submission: ScopedSubmission): string | undefined {
  const own = scopesOf(scopes, submission.identity, false);
  return own.length === 0 ? undefined : commonFault(own, submission);
}

/**
 * Returns why an identity may not declare an emergency about a submission. It needs a scope with `break_glass` that names it
 * and holds all of the submission, beside what {@link scopeFault} asks; an agent never may.
 */
export function declarationFault(scopes: readonly Scope[], submission: ScopedSubmission): string | undefined {
  const { identity } = submission;
  if (identity.kind === 'agent') return `${identity.id} is an agent, and no agent may declare an emergency`;
  const own = scopesOf(scopes, identity, true);
  return own.length === 0
    ? `${identity.id} may not declare an emergency: no scope with break_glass names them`
    : commonFault(own, submission);
}

/** Names nothing: what is judged by it is whatever looks at no facts. */
const NOTHING_READ: Facts = {
  dialect: 'sqlite',
  parsed: true,
  statements: [],
  assumes: { relations: [], functions: [], casts: [], operators: [] },
  effect: 'read',
  readOnly: true,
  hazards: [],
};

/**
 * Returns why a submission lies outside the scopes of its identity wherever it reads or writes: by its target and its time. Kinds of
 * statement and tables are not asked, so what lies outside by them alone has no fault here.
 */
export function outlineFault(
  scopes: readonly Scope[],
  { breakGlass, ...known }: Omit<ScopedSubmission, 'facts'> & { readonly breakGlass: boolean },
): string | undefined {
  const outlines = scopes.map((scope) => ({ ...scope, statements: undefined, tables: undefined }));
  const submission = { ...known, facts: NOTHING_READ };
  return (
    scopeFault(outlines, submission) ?? (breakGlass ? declarationFault(outlines, submission) : undefined)
  );
}

/** The scopes that name an identity: those for declared emergencies, or the others. */
function scopesOf(scopes: readonly Scope[], identity: PolicyIdentity, breakGlass: boolean): readonly Scope[] {
  return scopes.filter((scope) => scope.breakGlass === breakGlass && names(scope, identity));
}

/** Returns what every scope objects to; undefined when one of them holds the submission. */
function commonFault(scopes: readonly Scope[], submission: ScopedSubmission): string | undefined {
  const faults = scopes.map((scope) => faultOf(scope, submission));
  return faults.includes(undefined) ? undefined : [...new Set(faults)].join('; ');
}

/**
 * Returns which tables of a target an identity's scopes name: a test of a qualified name. Undefined when every scope that names
 * the identity leaves the target out. What is in reach may still be denied: {@link scopeFault} alone judges.
 */
export function scopeReach(
  scopes: readonly Scope[],
  identity: PolicyIdentity,
  target: string,
): ((table: string) => boolean) | undefined {
  const own = scopesOf(scopes, identity, false);
  const here = own.filter(({ targets }) => targets?.includes(target) !== false);
  if (own.length > 0 && here.length === 0) return undefined;
  const bounds = here.map(({ tables }) => tables);
  return (table) =>
    bounds.length === 0 || bounds.some((tables) => tables === undefined || holds(tables, table));
}

function holds(tables: readonly string[], name: string): boolean {
  return tables.some((own) => own === name || (own.endsWith('.*') && name.startsWith(own.slice(0, -1))));
}

function names(scope: Scope, { id, kind, roles }: PolicyIdentity): boolean {
  return (
    scope.ids.includes(id) || scope.kinds.includes(kind) || roles.some((role) => scope.roles.includes(role))
  );
}

function faultOf(
  scope: Scope,
  { identity, target, facts, submittedAt }: ScopedSubmission,
): string | undefined {
  const { targets, statements, tables, hours } = scope;
  if (targets !== undefined && !targets.includes(target))
    return `${identity.id} may not submit for target ${target}`;
  if (hours !== undefined && !isOpen(hours, submittedAt)) return `${identity.id} may not submit at this hour`;
  const kind = facts.statements.find((one) => statements?.includes(one.kind) === false)?.kind;
  if (kind !== undefined) return `${identity.id} may not submit statements of kind ${kind}`;
  if (statements !== undefined && (!facts.parsed || facts.statements.length === 0))
    return `${identity.id} may not submit what could not be read`;
  return tables === undefined ? undefined : tableFault(tables, identity.id, facts);
}

/** What was not read to its end may touch any table. */
function tableFault(tables: readonly string[], id: string, facts: Facts): string | undefined {
  const unread =
    !facts.parsed || facts.statements.some(({ opaque, effects }) => opaque || effects.includes('unknown'));
  if (unread) return `${id} may submit for named tables only, and this could not be read to its end`;
  const beyond = facts.statements.find(reachesBeyondTables);
  if (beyond !== undefined)
    return `${id} may submit for named tables only, and ${beyond.kind} reaches beyond tables`;
  const touched = facts.statements.flatMap(({ reads, writes }) => [...reads, ...writes]);
  const outside = touched.find((name) => !holds(tables, name));
  return outside === undefined ? undefined : `${id} may not submit for table ${outside}`;
}

/** Session, server and rights are no table's; a change of the schema that names no table may be any. */
function reachesBeyondTables({ effects, writes }: StatementFacts): boolean {
  const other = effects.some(
    (effect) => effect === 'session' || effect === 'admin' || effect === 'privilege',
  );
  return other || (effects.includes('ddl') && writes.length === 0);
}

/** Names scopes that bind nobody of the roster: what is misspelt would bound nothing. */
export function checkScopes(
  scopes: readonly Scope[],
  persons: readonly PolicyIdentity[],
): readonly Finding[] {
  return scopes.flatMap((scope, index) => {
    const rule = `scope ${index + 1}`;
    const strangers = scope.ids.filter((id) => !persons.some((person) => person.id === id));
    const found = strangers.map((id) => `${id} is not in the roster`);
    if (found.length === 0 && !persons.some((person) => names(scope, person)))
      found.push('it names nobody of the roster');
    return found.map((message): Finding => ({ code: 'scope-nobody', rule, message }));
  });
}
