import { classify } from '@countersign/sql';
import { loadPolicy, starterPolicyFiles } from '@countersign/policy';
import type { Policy, PolicyDiff, PolicyInput } from '@countersign/policy';

/** What a vector says about a submission; everything else is the same everywhere. */
export interface Given {
  readonly sql: string;
  readonly kind?: 'human' | 'service' | 'agent';
  readonly rows?: number;
  readonly deleted?: boolean;
  readonly not_previewed?: readonly string[];
  readonly reason?: string;
  readonly budget?: PolicyInput['budget'];
  readonly context?: readonly (readonly [string, string])[];
  readonly break_glass?: boolean;
}

export function inputOf(given: Given): PolicyInput {
  return {
    facts: classify(given.sql, 'sqlite'),
    identity: { id: 'olga', kind: given.kind ?? 'human', roles: ['operator'] },
    target: { name: 'demo', engine: 'sqlite', tags: ['prod'] },
    diff: given.rows === undefined ? undefined : diffOf(given.rows, given),
    time: { unix: 1_767_400_000, hour: 3, weekday: 6 },
    budget: given.budget,
    reason: given.reason ?? 'month end',
    context: given.context ?? [],
    breakGlass: given.break_glass === true ? true : undefined,
  };
}

function diffOf(rows: number, given: Given): PolicyDiff {
  const deleted = given.deleted === true ? rows : 0;
  return {
    rows,
    tables: rows === 0 ? [] : [{ table: 'main.t', inserted: 0, updated: rows - deleted, deleted }],
    complete: true,
    notPreviewed: given.not_previewed ?? [],
    schemaChanges: [],
  };
}

export function policyOf(policy: string): Policy {
  return loadPolicy(policy === 'starter' ? starterPolicyFiles : [{ path: 'a.yaml', text: policy }]);
}
