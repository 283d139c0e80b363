// Requests whose signed diff says what their run may do otherwise, and what such a run may have done.
import { sha256 } from '@countersign/codec';
import { digest, encodeDiff, TableBuilder, type Cell, type Diff, type RowChange } from '@countersign/diff';
import type { LedgerTrust } from '@countersign/ledger';
import type { Effect, Pair } from '@countersign/messages';
import { isWithinSigned } from '../../apps/auditor/src/tolerance.ts';
import type { Case, Story } from './story.ts';

/** As the auditor's program compares the rows of a receipt with the signed ones. */
export const isWithinTolerance: LedgerTrust['isWithinTolerance'] = isWithinSigned;

export const mayDrift: Pair = ['may_drift', 'main.customers.seen'];
export const fewerRows: Pair = ['fewer_rows', 'true'];

function user(id: number, name: string, seen: number): Cell[] {
  return [
    { type: 'integer', value: id },
    { type: 'text', value: name },
    { type: 'integer', value: seen },
  ];
}

/** A row renamed, last seen then; `until` when the run sets that too. */
export function renamed(id: number, seen: number, until: number = seen, name: string = 'new'): RowChange {
  return { before: user(id, 'old', seen), after: user(id, name, until) };
}

/** The diff of these changes of one table of customers. */
export function diffOf(changes: readonly RowChange[], table: string = 'customers'): Diff {
  const shape = { table, columns: ['id', 'name', 'Seen'], key: [0], computed: [], generated: [] };
  const builder = new TableBuilder(shape, { rowsImagedMax: 1000, imagedBytesMax: 1 << 20 }, sha256);
  for (const change of changes) builder.add(change);
  const tables = changes.length === 0 ? [] : [builder.finish()];
  return { tables, schema: [], notPreviewed: [], complete: true, environment: [['engine', 'sqlite 3']] };
}

/** The effect that a request or a receipt states of a diff, with its rows. */
export function effectOf(diff: Diff): Effect {
  const bytes = encodeDiff(diff);
  const tables = diff.tables.map(({ table, inserted, updated, deleted }) => ({
    table,
    inserted,
    updated,
    deleted,
  }));
  return {
    rows: tables.reduce((sum, one) => sum + one.inserted + one.updated + one.deleted, 0),
    tables,
    diffDigest: digest(diff),
    diffSize: bytes.length,
    complete: diff.complete,
    notPreviewed: diff.notPreviewed,
    schemaChanges: diff.schema.map(({ object, name }) => `${object} ${name} dropped`),
    diff: bytes,
  };
}

/** An effect without its rows: by its size they travel elsewhere, unless another is given. */
export function withoutRows(effect: Effect, diffSize: number = 16_385): Effect {
  const { rows, tables, diffDigest, complete, notPreviewed, schemaChanges } = effect;
  return { rows, tables, diffDigest, diffSize, complete, notPreviewed, schemaChanges };
}

/** A request for three rows that two approved, being run; its run may differ as the obligations say. */
export function tolerant(s: Story, ...obligations: readonly Pair[]): Case {
  return tolerantOf(s, effectOf(diffOf([renamed(1, 5), renamed(2, 5), renamed(3, 5)])), ...obligations);
}

/** The same with an effect of one's own. */
export function tolerantOf(s: Story, effect: Effect, ...obligations: readonly Pair[]): Case {
  const made = s.ask({
    effect,
    policy: {
      digest: s.policyDigest,
      rules: ['writes-need-two'],
      reason: 'a write to production',
      quorum: [[{ role: 'dba', count: 2 }]],
      ...(obligations.length === 0 ? {} : { obligations }),
    },
  });
  s.decide(made, 'carol');
  s.decide(made, 'dave');
  s.intent(made);
  return made;
}
