import type { Effect, Pair } from '@countersign/messages';
import { told, type Lie } from './lie.ts';
import {
  diffOf,
  effectOf,
  fewerRows,
  mayDrift,
  renamed,
  tolerant,
  tolerantOf,
  withoutRows,
} from './tolerant-story.ts';

/** A run that executed, by its receipt, with an effect that its signed tolerance does not allow. */
function ran(name: string, obligations: readonly Pair[], effect: Effect | null): Lie {
  const code = obligations.length === 0 ? 'ledger/effect-differs' : 'ledger/tolerance-exceeded';
  return told(name, code, (s) => s.receipt(tolerant(s, ...obligations), { effect }));
}

const drifted = effectOf(diffOf([renamed(1, 6), renamed(2, 7), renamed(3, 8)]));
const fewer = effectOf(diffOf([renamed(1, 5), renamed(3, 5)]));
const both = [fewerRows, mayDrift];

/** What dropping a table of customers changes, each last seen then. */
function dropping(...seen: readonly number[]): Effect {
  const changes = seen.map((at, index) => ({ ...renamed(index + 1, at), after: null }));
  const schema = [{ object: 'table', name: 'customers', before: 'CREATE TABLE', after: null }] as const;
  return effectOf({ ...diffOf(changes), schema });
}

/** Three rows as the counts tell them: two that were signed, after one that nobody signed in a table of the same name. */
function tableTwice(): Effect {
  const [other, own] = [diffOf([renamed(9, 5)]), diffOf([renamed(1, 5), renamed(2, 5)])];
  const { rows, tables } = effectOf(diffOf([renamed(1, 5), renamed(2, 5), renamed(3, 5)]));
  return { ...effectOf({ ...own, tables: [...other.tables, ...own.tables] }), rows, tables };
}

/** The rows of an effect without what it says of them. */
function rowsOf({ diff, diffDigest, diffSize }: Effect): Partial<Effect> {
  return { diffDigest, diffSize, ...(diff === undefined ? {} : { diff }) };
}

/** Lies about what a run did otherwise than signed. */
export const toleranceLies: readonly Lie[] = [
  ran('a column drifted that nobody signed for', [], drifted),
  ran('fewer rows than signed, that nobody signed for', [], fewer),
  ran('a cut-off run that nobody signed a tolerance for', [], null),
  ran('fewer rows where only a column may drift', [mayDrift], fewer),
  ran('fewer rows where only a column may drift, without the rows', [mayDrift], withoutRows(fewer)),
  ran('rows left out that a receipt has room for', both, withoutRows(fewer, 16_384)),
  ran('drifted rows left out that a receipt has room for', [mayDrift], withoutRows(drifted, 16_384)),
  ran('fewer rows left out where the signed ones fit', [fewerRows], withoutRows(fewer)),
  ran('fewer rows in another word than true', [['fewer_rows', 'yes'], mayDrift], fewer),
  ran('a column drifted where only rows may be missing', [fewerRows], drifted),
  ran('another column may drift', [['may_drift', 'main.customers.name']], drifted),
  ran('a column of another table may drift', [['may_drift', 'main.orders.seen']], drifted),
  ran('a row more', both, effectOf(diffOf([1, 2, 3, 4].map((id) => renamed(id, 5))))),
  ran('another row', both, effectOf(diffOf([renamed(1, 5), renamed(2, 5), renamed(4, 5)]))),
  ran('another row in the place of a missing one', both, effectOf(diffOf([renamed(1, 5), renamed(4, 5)]))),
  ran('another name', both, effectOf(diffOf([renamed(1, 6), renamed(2, 6), renamed(3, 6, 6, 'x')]))),
  ran('a value written that was not signed', both, effectOf(diffOf([renamed(1, 5, 6), renamed(2, 5)]))),
  ran('a row deleted', both, effectOf(diffOf([renamed(1, 5), { ...renamed(2, 5), after: null }]))),
  ran('another table', both, effectOf(diffOf([renamed(1, 5)], 'orders'))),
  ran('no row left', both, effectOf(diffOf([]))),
  ran(
    'a row more, without the rows',
    both,
    withoutRows(effectOf(diffOf([1, 2, 3, 4].map((id) => renamed(id, 5))))),
  ),
  ran('a row that nobody signed, in a table that stands twice', both, tableTwice()),
  ran('fewer rows than it counts', both, { ...drifted, ...rowsOf(fewer) }),
  ran('more rows than it counts', both, { ...fewer, ...rowsOf(drifted) }),
  ran('not every row imaged', both, { ...withoutRows(drifted), complete: false }),
  ran('counts that are not the rows', both, { ...withoutRows(fewer), rows: 1 }),
  ran('a table named twice', both, {
    ...withoutRows(fewer),
    rows: 4,
    tables: [...fewer.tables, ...fewer.tables],
  }),
  ran('a change of the schema beside', both, { ...withoutRows(drifted), schemaChanges: ['table t dropped'] }),
  ran('something not previewed beside', both, { ...withoutRows(drifted), notPreviewed: ['a counter'] }),
  told('fewer rows beside a change of the schema', 'ledger/effect-differs', (s) =>
    s.receipt(tolerantOf(s, dropping(5, 5, 5), ...both), { effect: dropping(5, 5) }),
  ),
  told('a column drifted beside a change of the schema, without the rows', 'ledger/effect-differs', (s) =>
    s.receipt(tolerantOf(s, dropping(5, 5, 5), ...both), { effect: withoutRows(dropping(5, 5, 6)) }),
  ),
  told('a cut-off run beside a change of the schema', 'ledger/effect-differs', (s) =>
    s.receipt(tolerantOf(s, dropping(5, 5, 5), ...both), { effect: null }),
  ),
  ran('rows of another digest', both, { ...drifted, diffDigest: fewer.diffDigest }),
  ran('rows that are none', both, { ...drifted, diff: Uint8Array.of(0xa0) }),
  told('rows of a resolved run outside the tolerance', 'ledger/tolerance-exceeded', (s) => {
    const made = tolerant(s, mayDrift);
    s.receipt(made, { outcome: 'ambiguous', effect: null });
    return s.receipt(made, { outcome: 'resolved-ran', effect: fewer });
  }),
  told('the signed digest with other counts', 'ledger/effect-differs', (s) => {
    const made = tolerant(s, ...both);
    const effect = made.request?.effect ?? drifted;
    return s.receipt(made, { effect: { ...effect, rows: 2, tables: fewer.tables } });
  }),
];
