import type { Diff, RowChange, TableDiff } from '@countersign/diff';
import type { Request, TableEffect } from '@countersign/messages';
import { bullet, field, line, warning } from './blocks.ts';
import { hasHidden, hasRightToLeft } from './harmless.ts';
import type { Block, CellChange, ChangeMark, Section, Span } from './document.ts';
import type { Notes } from './notes.ts';
import { section, textWarnings } from './origin-sections.ts';
import { formatCount, formatQuantity } from './quantity.ts';
import type { LastingReview } from './shown-review.ts';
import { codeLines, harmlessSpans, say } from './spans.ts';
import { showName, showValue } from './value.ts';
import type { ShownValue } from './value.ts';

/** Returns the numbers of changed rows a table and then the rows themselves, each column before and after. */
export function changesSection({ request, diff }: LastingReview, notes: Notes): Section {
  const { effect } = request;
  if (effect.untried === true)
    return section('changes', [warning(notes, 'effect/untried', { role: 'danger' })]);
  const blocks: Block[] = [];
  if (effect.onCopy === true) blocks.push(warning(notes, 'effect/on-copy', { role: 'danger' }));
  if (diff !== null && !sameCounts(effect.tables, diff.tables)) {
    blocks.push(warning(notes, 'effect/counts-differ', { role: 'danger' }));
  }
  if (effect.rows === 0 && effect.schemaChanges.length === 0) blocks.push(warning(notes, 'effect/nothing'));
  blocks.push(field('In all', say(formatQuantity(effect.rows, 'row'), 'strong')));
  for (const table of effect.tables) {
    blocks.push({
      kind: 'line',
      mark: '•',
      spans: [say(showName(table.table), 'strong'), say(': '), ...countSpans(table)],
    });
    blocks.push(...textWarnings(table.table, notes));
  }
  if (diff === null && effect.rows > 0) blocks.push(warning(notes, 'effect/no-diff', { role: 'danger' }));
  if (!effect.complete && effect.onCopy !== true)
    blocks.push(warning(notes, 'effect/sampled', { role: 'danger' }));
  blocks.push(...toleranceBlocks(request.policy, notes));
  if (diff !== null) blocks.push(...diff.tables.flatMap((table) => tableBlocks(table, notes)));
  return section('changes', blocks);
}

/** What the run may do otherwise than the rows say. docs/spec/policy.md#what-may-drift */
function toleranceBlocks({ obligations = [] }: Request['policy'], notes: Notes): readonly Block[] {
  return obligations.flatMap(([name, value]) => {
    if (name === 'may_drift') {
      const detail = [say('It may differ in: '), ...harmlessSpans(value, 'strong')];
      return [warning(notes, 'effect/may-drift', { detail })];
    }
    return name === 'fewer_rows' ? [warning(notes, 'effect/fewer-rows')] : [];
  });
}

function sameCounts(effect: readonly TableEffect[], diff: readonly TableDiff[]): boolean {
  const key = (table: TableEffect): string =>
    JSON.stringify([table.table, table.inserted, table.updated, table.deleted]);
  return JSON.stringify(effect.map(key).toSorted()) === JSON.stringify(diff.map(key).toSorted());
}

function countSpans({ inserted, updated, deleted }: TableEffect): readonly Span[] {
  return [
    say(`+ ${formatCount(inserted)} inserted`, inserted > 0 ? 'added' : 'muted'),
    say(', '),
    say(`~ ${formatCount(updated)} updated`, updated > 0 ? 'changed' : 'muted'),
    say(', '),
    say(`− ${formatCount(deleted)} deleted`, deleted > 0 ? 'removed' : 'muted'),
  ];
}

function tableBlocks(table: TableDiff, notes: Notes): readonly Block[] {
  const total = table.inserted + table.updated + table.deleted;
  const shown = table.changes.slice(0, notes.limits.rowsOfTable);
  const names = table.columns.map(showName);
  const blocks: Block[] = shown.map((change) => rowBlock(table, change, names, notes));
  if (shown.length < total) {
    notes.leaveOut({ rows: total - shown.length });
    const numbers = `${formatCount(shown.length)} of ${formatQuantity(total, 'changed row')}`;
    blocks.push(
      line(say(`… ${numbers} of `, 'warning'), say(showName(table.table)), say(' shown', 'warning')),
    );
  }
  if (table.generated.length > 0 && table.inserted > 0) {
    const made = table.generated.map((index) => names[index] ?? '').join(', ');
    blocks.push(warning(notes, 'effect/generated', { detail: [say(`Columns: ${made}`)] }));
  }
  return [...tableWarnings(table, shown, notes), ...blocks];
}

/** Data is shown with its hidden characters visible whatever it is; here they raise one warning a table, which is said before its rows. */
function tableWarnings(
  { table, columns }: TableDiff,
  changes: readonly RowChange[],
  notes: Notes,
): readonly Block[] {
  const cells = changes.flatMap(({ before, after }) => [...(before ?? []), ...(after ?? [])]);
  const texts = [...columns, ...cells.flatMap((cell) => (cell.type === 'text' ? [cell.value] : []))];
  const detail = [say('In columns or rows of '), say(showName(table), 'strong'), say('.')];
  return [
    ...(texts.some((text) => hasHidden(text, 'allowed'))
      ? [warning(notes, 'text/hidden-character', { role: 'danger', detail })]
      : []),
    ...(texts.some(hasRightToLeft) ? [warning(notes, 'text/right-to-left', { detail })] : []),
  ];
}

function rowBlock(table: TableDiff, change: RowChange, names: readonly string[], notes: Notes): Block {
  const mark: ChangeMark = change.before === null ? '+' : change.after === null ? '-' : '~';
  const cells = names.map((name, index) => cellChange(table, change, { name, index }, notes));
  return { kind: 'row', mark, title: titleSpans(table, change, notes), cells };
}

// The key of an updated row stands in its title alone, so it is cut nowhere but in a summary, which says so.
function titleSpans(table: TableDiff, change: RowChange, notes: Notes): readonly Span[] {
  const row = change.before ?? change.after ?? [];
  const key = table.key.flatMap((index, place): readonly Span[] => {
    const cell = row[index];
    const { spans, hiddenBytes } = isMadeUp(table, change, index)
      ? madeUp
      : cell === undefined
        ? { spans: [], hiddenBytes: 0 }
        : showValue(cell, notes.limits.keyBytes);
    notes.leaveOut({ bytes: hiddenBytes });
    return [
      say(place === 0 ? ' ' : ', '),
      ...harmlessSpans(table.columns[index] ?? ''),
      say(' = '),
      ...spans,
    ];
  });
  const nameless = table.key.length === 0 ? [say(' (no key names this row)', 'muted')] : [];
  return [say(showName(table.table), 'strong'), ...key, ...nameless];
}

const madeUp: ShownValue = { spans: [say('made by the database when it runs', 'muted')], hiddenBytes: 0 };

/** Whether no digest binds the value: then none is shown, whatever stands there. */
function isMadeUp({ generated }: TableDiff, { before }: RowChange, index: number): boolean {
  return before === null && generated.includes(index);
}

function cellChange(
  table: TableDiff,
  change: RowChange,
  { name, index }: { readonly name: string; readonly index: number },
  notes: Notes,
): CellChange {
  const side = (row: RowChange['before']): readonly Span[] | null => {
    const cell = row?.[index];
    if (cell === undefined) return null;
    const { spans, hiddenBytes } = isMadeUp(table, change, index)
      ? madeUp
      : showValue(cell, notes.limits.valueBytes);
    notes.leaveOut({ bytes: hiddenBytes });
    return spans;
  };
  const before = side(change.before);
  const after = side(change.after);
  const whole = change.before === null || change.after === null;
  return {
    column: name,
    isKey: table.key.includes(index),
    changed: whole || !sameCell(change.before[index], change.after[index]),
    before,
    after,
  };
}

// Compared by value and not as shown: a summary may cut two values to the same beginning.
function sameCell(before: RowCell, after: RowCell): boolean {
  if (before === undefined || after === undefined) return before === after;
  if (before.type !== after.type) return false;
  return cellText(before) === cellText(after);
}

type RowCell = NonNullable<RowChange['before']>[number] | undefined;

function cellText(cell: NonNullable<RowCell>): string {
  return cell.type === 'null' ? '' : String(cell.value);
}

/** How the setting begins that names the columns dropped from a table. */
export const droppedSetting = 'dropped ';

/** Returns the schema changes, those of the diff line by line with the text before and after. */
export function schemaSection({ request, diff }: LastingReview, notes: Notes): Section | undefined {
  const { schemaChanges } = request.effect;
  if (schemaChanges.length === 0 && (diff === null || diff.schema.length === 0)) return undefined;
  return section('schema', [
    warning(notes, 'effect/schema', { role: 'danger' }),
    ...schemaChanges.map((text) => bullet(...harmlessSpans(text))),
    ...(diff?.schema ?? []).flatMap((change) => schemaBlocks(change)),
    ...(diff === null ? [] : droppedBlocks(diff)),
  ]);
}

/** Columns that go, and how many rows lose a value with them. */
function droppedBlocks({ environment, tables }: Diff): readonly Block[] {
  return environment.flatMap(([name, columns]) => {
    if (!name.startsWith(droppedSetting)) return [];
    const table = name.slice(droppedSetting.length);
    const rows = tables
      .filter((one) => one.table === table)
      .reduce((sum, one) => sum + one.updated + one.deleted, 0);
    return [
      bullet(
        say('− columns dropped from ', 'removed'),
        say(showName(table), 'strong'),
        say(': '),
        ...harmlessSpans(columns, 'strong'),
        say(` (${formatQuantity(rows, 'row')} of the table changed)`),
      ),
    ];
  });
}

function schemaBlocks({ object, name, before, after }: Diff['schema'][number]): readonly Block[] {
  const [mark, word, role] =
    before === null
      ? (['+', 'created', 'added'] as const)
      : after === null
        ? (['−', 'dropped', 'removed'] as const)
        : (['~', 'altered', 'changed'] as const);
  const side = (title: string, text: string | null): readonly Block[] =>
    text === null ? [] : [line(say(title, 'muted')), { kind: 'code', lines: codeLines(text) }];
  return [
    bullet(
      say(`${mark} ${word} `, role),
      say(object === 'other' ? '' : `${object} `),
      ...harmlessSpans(name, 'strong'),
    ),
    ...side('before', before),
    ...side('after', after),
  ];
}

/** Returns what the dry run could not show. */
export function notPreviewedSection({ request, diff }: LastingReview, notes: Notes): Section | undefined {
  const texts = [...new Set([...request.effect.notPreviewed, ...(diff?.notPreviewed ?? [])])];
  if (texts.length === 0) return undefined;
  return section('not-previewed', [
    warning(notes, 'effect/not-previewed', { role: 'danger' }),
    ...texts.map((text) => bullet(...harmlessSpans(text))),
  ]);
}
