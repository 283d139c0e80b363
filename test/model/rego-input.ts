import { classify } from '@countersign/sql';
import { regoDocument, type PolicyInput, type RegoDocument } from '@countersign/policy';

/** Returns what a Rego policy is asked about a statement; everything that is not given is the same everywhere. */
export function regoInput(sql: string, more: Partial<PolicyInput> = {}): RegoDocument {
  const document = regoDocument(
    { tags: new Map() },
    {
      facts: classify(sql, 'sqlite'),
      identity: { id: 'olga', kind: 'human', roles: ['operator'] },
      target: { name: 'demo', engine: 'sqlite', tags: [] },
      time: { unix: 1_767_400_000, hour: 3, weekday: 6 },
      reason: 'month end',
      context: [],
      ...more,
    },
  );
  if (document.type === 'failed') throw new Error(document.message);
  return document;
}

/** A dry run that updated so many rows. */
export function updatedRows(count: number): Partial<PolicyInput> {
  return {
    diff: {
      rows: count,
      tables: [{ table: 'main.t', inserted: 0, updated: count, deleted: 0 }],
      complete: true,
      notPreviewed: [],
      schemaChanges: [],
    },
  };
}
