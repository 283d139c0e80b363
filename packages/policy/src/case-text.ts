import type { StatementFacts } from '@countersign/sql';
import type { PolicyDiff, PolicyInput } from './input.ts';
import { formatUtc } from './time-text.ts';
import type { Quorum, Verdict } from './verdict.ts';

/** What a case that says nothing else is about. */
export const UNSAID = {
  identity: { id: 'tester', kind: 'human', roles: [] },
  targetName: 'test',
  time: '2026-01-05T10:00:00Z',
  reason: 'policy test',
} as const;

type Node = string | number | boolean | readonly Node[] | { readonly [key: string]: Node };

/** The submission as `given` of a case, on one line of YAML; read back it is the same submission. */
export function formatGiven(input: PolicyInput): string {
  const { facts, identity, target, time, reason, context, diff, breakGlass } = input;
  const time_ = formatUtc(time.unix);
  return flow({
    facts: {
      ...(facts.dialect === 'sqlite' ? {} : { dialect: facts.dialect }),
      ...(facts.parsed ? {} : { parsed: false }),
      statements: facts.statements.map(statementNode),
    },
    ...(identity.id === UNSAID.identity.id &&
    identity.kind === UNSAID.identity.kind &&
    identity.roles.length === 0
      ? {}
      : { identity: { id: identity.id, kind: identity.kind, ...listed('roles', identity.roles) } }),
    ...(target.name === UNSAID.targetName && target.tags.length === 0 && target.engine === facts.dialect
      ? {}
      : {
          target: {
            name: target.name,
            ...(target.engine === facts.dialect ? {} : { engine: target.engine }),
            ...listed('tags', target.tags),
          },
        }),
    ...(time_ === UNSAID.time ? {} : { time: time_ }),
    ...(reason === UNSAID.reason ? {} : { reason }),
    ...(context.length === 0 ? {} : { context: Object.fromEntries(context) }),
    ...(breakGlass === true ? { break_glass: true } : {}),
    ...(diff === undefined ? {} : { diff: diffNode(diff) }),
  });
}

/** What a verdict decides, as `expect` of a case, on one line of YAML. */
export function formatExpect({ decision, rules, quorum }: Verdict): string {
  return flow({ decision, rules, ...(quorum.length === 0 ? {} : { quorum: quorumNode(quorum) }) });
}

function quorumNode(quorum: Quorum): Node {
  const steps = quorum.map((step) => Object.fromEntries(step.map(({ role, count }) => [role, count])));
  const [only, second] = steps;
  return only !== undefined && second === undefined ? only : steps;
}

function statementNode(one: StatementFacts): Node {
  return {
    kind: one.kind,
    effects: one.effects,
    ...listed('writes', one.writes),
    ...listed('reads', one.reads),
    ...listed('columns_read', one.columnsRead),
    ...listed('columns_written', one.columnsWritten),
    ...(one.where === 'none' ? {} : { where: one.where }),
    ...(one.limited ? { limited: true } : {}),
    ...listed('functions', one.functions),
    ...listed('hazards', [...new Set(one.hazards.map(({ code }) => code))]),
    ...(one.opaque ? { opaque: true } : {}),
  };
}

function diffNode(diff: PolicyDiff): Node {
  const changes = diff.tables.map(({ table, inserted, updated, deleted }) => ({
    table,
    ...(inserted === 0 ? {} : { inserted }),
    ...(updated === 0 ? {} : { updated }),
    ...(deleted === 0 ? {} : { deleted }),
  }));
  return {
    ...(changes.length === 0 ? {} : { changes }),
    ...(diff.complete ? {} : { complete: false }),
    ...listed('not_previewed', diff.notPreviewed),
    ...listed('schema_changes', diff.schemaChanges),
  };
}

function listed(key: string, items: readonly string[]): { readonly [key: string]: Node } {
  return items.length === 0 ? {} : { [key]: items };
}

function flow(node: Node): string {
  if (typeof node === 'string') return scalar(node);
  if (typeof node !== 'object') return String(node);
  if (isList(node)) return `[${node.map(flow).join(', ')}]`;
  const entries = Object.entries(node).map(([key, value]) => `${scalar(key)}: ${flow(value)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

function isList(node: Node): node is readonly Node[] {
  return Array.isArray(node);
}

/** A text plain where it can be mistaken for nothing else. JSON's quoting is YAML's too. */
function scalar(text: string): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*$/.test(text);
  return plain && !/^(?:true|false|null|yes|no|on|off|inf|nan)$/i.test(text) ? text : JSON.stringify(text);
}
