import type { Statement } from '@countersign/messages';
import {
  sqliteParameters,
  type Catalog,
  type Facts,
  type Hazard,
  type StatementFacts,
} from '@countersign/sql';
import { bullet, field, foreignField, line, nameSpans, warning } from './blocks.ts';
import { hazardTexts } from './catalogue/hazards.ts';
import { cutText } from './cut.ts';
import type { Block, Section, Span } from './document.ts';
import { agreementOf, compareFacts, type Agreement } from './facts-comparison.ts';
import type { Notes } from './notes.ts';
import { section, textWarnings } from './origin-sections.ts';
import { formatCount, formatQuantity } from './quantity.ts';
import type { LastingReview } from './shown-review.ts';
import { codeLines, harmlessSpans, say } from './spans.ts';
import { showValue } from './value.ts';

const longLine = 200;
const manyLines = 200;

/** Returns the statements from the signed bytes, line by line, their parameters, and warnings about their text. */
export function whatSection({ request }: LastingReview, notes: Notes): Section {
  const many = request.statements.length > 1;
  return section(
    'what',
    request.statements.flatMap((statement, index) => [
      ...(many ? [line(say(`Statement ${index + 1} of ${request.statements.length}`, 'strong'))] : []),
      ...statementBlocks(statement, placeNames(statement, request.target.engine), notes),
    ]),
  );
}

/** Returns the names of a statement's places, where they are named. */
function placeNames({ sql, params }: Statement, engine: string): readonly string[] {
  const names = engine === 'sqlite' && params.length > 0 ? (sqliteParameters(sql)?.names ?? []) : [];
  return names.length === params.length ? names : [];
}

function statementBlocks(
  { sql, params }: Statement,
  names: readonly string[],
  notes: Notes,
): readonly Block[] {
  const { limits } = notes;
  const { shown, hiddenBytes } = cutText(sql, limits.statementBytes);
  const lines = codeLines(shown);
  const kept = lines.slice(0, limits.statementLines);
  const blocks: Block[] = [{ kind: 'code', lines: kept }];
  const cutBytes = hiddenBytes + cutLines(shown, limits.statementLines);
  if (cutBytes > 0) {
    notes.leaveOut({ bytes: cutBytes });
    blocks.push(
      line(say(`… ${formatQuantity(cutBytes, 'more byte')} of this statement not shown`, 'warning')),
    );
  }
  params.forEach((param, index) => {
    const value = showValue(param, limits.valueBytes);
    notes.leaveOut({ bytes: value.hiddenBytes });
    const name = names[index] === undefined ? [] : harmlessSpans(`${names[index]} `, 'strong');
    blocks.push(field(`Parameter ${index + 1}`, ...name, say(`${param.type} `, 'muted'), ...value.spans));
  });
  blocks.push(...layoutWarnings(sql, notes), ...textWarnings(sql, notes));
  if (params.some((param) => param.type === 'text' || param.type === 'number')) {
    const texts = params.map((param) =>
      param.type === 'text' || param.type === 'number' ? param.value : '',
    );
    blocks.push(...textWarnings(texts.join(' '), notes));
  }
  return blocks;
}

function cutLines(text: string, linesMax: number): number {
  if (linesMax === Infinity) return 0;
  const rest = text.split('\n').slice(linesMax).join('\n');
  return rest === '' ? 0 : new TextEncoder().encode(rest).length;
}

function layoutWarnings(sql: string, notes: Notes): readonly Block[] {
  const blocks: Block[] = [];
  const lines = sql.split('\n');
  const long = lines.findIndex((text) => text.length > longLine);
  if (long !== -1) {
    const length = formatCount(lines[long]?.length ?? 0);
    blocks.push(
      warning(notes, 'text/long-line', { detail: [say(`Line ${long + 1} has ${length} characters.`)] }),
    );
  }
  if (lines.length > manyLines) {
    blocks.push(
      warning(notes, 'text/many-lines', { detail: [say(`There are ${formatCount(lines.length)}.`)] }),
    );
  }
  // Markers are looked for and not parsed: a false alarm inside a quoted text costs a line, a miss could cost more.
  if (/--|\/\*|#/u.test(sql)) blocks.push(warning(notes, 'text/comment'));
  return blocks;
}

/** Returns what the classifier read out of the statements, here and at the executor, and every hazard with its place. */
export function factsSection({ facts, request }: LastingReview, notes: Notes): Section {
  const { signed, here } = facts;
  const agreement = here === null ? 'unread' : agreementOf(signed, here);
  // What is graver only at the executor holds everything that was read here.
  const shown = here === null || agreement === 'graver' ? signed : here;
  const blocks: Block[] = [agreementBlock(agreement, notes)];
  if (here !== null && agreement === 'graver') blocks.push(field('Read here', say(here.effect, 'muted')));
  if (here !== null && agreement === 'differs') {
    for (const difference of compareFacts(signed, here)) {
      const texts = [say(`${difference.field}: executor `), ...harmlessSpans(difference.signed, 'removed')];
      blocks.push(bullet(...texts, say(', here '), ...harmlessSpans(difference.here, 'added')));
    }
  }
  blocks.push(field('Effect', say(shown.effect, shown.readOnly ? 'good' : 'strong')));
  if (!shown.parsed) blocks.push(field('Read', say('not to its end: what it does is unknown', 'danger')));
  shown.statements.forEach((statement) => blocks.push(...factBlocks(statement, request.statements, notes)));
  blocks.push(...shown.hazards.map((hazard) => hazardBlock(hazard, request.statements, notes)));
  return section('facts', [
    ...blocks,
    ...assumptionBlocks(shown, notes),
    ...catalogBlocks(facts.catalog, notes),
  ]);
}

function agreementBlock(agreement: Agreement | 'unread', notes: Notes): Block {
  switch (agreement) {
    case 'unread':
      return warning(notes, 'facts/not-recomputed');
    case 'differs':
      return warning(notes, 'facts/differ', { role: 'danger' });
    case 'graver':
      return warning(notes, 'facts/graver', { role: 'danger' });
    case 'same':
      return {
        kind: 'line',
        mark: '✓',
        spans: [say('Read anew on this machine, with the same result.', 'good')],
      };
  }
}

function factBlocks(facts: StatementFacts, statements: readonly Statement[], notes: Notes): readonly Block[] {
  const where = { present: 'there is one', absent: 'there is none', 'always-true': 'always true', none: '' };
  const named = (label: string, names: readonly string[]): readonly Block[] =>
    names.length === 0 ? [] : [field(label, ...nameSpans(names))];
  return [
    field('Kind', ...harmlessSpans(facts.kind, 'strong'), say(` (${facts.effects.join(', ')})`)),
    ...named('Writes', facts.writes),
    ...named('Columns', facts.columnsWritten),
    ...named('Reads', facts.reads),
    ...named('Calls', facts.functions),
    ...(facts.where === 'none'
      ? []
      : [field('WHERE', say(where[facts.where], facts.where === 'present' ? 'plain' : 'danger'))]),
    ...(facts.opaque ? [field('Opaque', say('it runs something that was not read', 'danger'))] : []),
    ...facts.hazards.map((hazard) => hazardBlock(hazard, statements, notes)),
  ];
}

function hazardBlock(hazard: Hazard, statements: readonly Statement[], notes: Notes): Block {
  notes.warn(`hazard/${hazard.code}`);
  const sql = statements[hazard.text]?.sql ?? '';
  const place = hazard.length === 0 ? [] : placeSpans(hazard, sql, statements.length > 1);
  const text = say(`${hazardTexts[hazard.code]} `, 'danger');
  return { kind: 'line', mark: '!', spans: [text, say(`[${hazard.code}]`, 'muted'), ...place] };
}

function placeSpans(hazard: Hazard, sql: string, many: boolean): readonly Span[] {
  const { line: number, column } = placeOf(sql, hazard.offset);
  const statement = many ? `statement ${hazard.text + 1}, ` : '';
  const excerpt = cutText(sql.slice(hazard.offset, hazard.offset + hazard.length), 60);
  const rest = excerpt.hiddenBytes === 0 ? '' : '…';
  return [
    say(` at ${statement}line ${number}, column ${column}: `),
    ...harmlessSpans(excerpt.shown, 'strong'),
    say(rest),
  ].filter((span) => span.text !== '');
}

// Line and column from 1; columns are UTF-16 code units.
function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let start = 0;
  for (let end = text.indexOf('\n'); end !== -1 && end < offset; end = text.indexOf('\n', start)) {
    line++;
    start = end + 1;
  }
  return { line, column: offset - start + 1 };
}

/** What the reading takes from the executor's word, because no machine here can ask the database. */
function catalogBlocks(catalog: Catalog | null | undefined, notes: Notes): readonly Block[] {
  if (catalog === undefined || catalog === null) return [];
  const tables = [...catalog.tables];
  const ofKind = (kind: string): readonly string[] =>
    tables.filter(([, table]) => table.kind === kind).map(([name]) => name);
  const functions = [...(catalog.functions ?? [])];
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ['tables', ofKind('table')],
    ['views', ofKind('view')],
    ['virtual tables', ofKind('virtual')],
    ['triggers', catalog.triggers.map(({ name, table }) => `${name} on ${table}`)],
    ['functions without effect', functions.filter(([, made]) => made.harmless).map(([name]) => name)],
    [
      'functions that change no more than these tables',
      functions.flatMap(([name, { harmless, writes }]) =>
        harmless || writes === undefined
          ? []
          : [`${name} (${writes.length === 0 ? 'none' : writes.join(' and ')})`],
      ),
    ],
    [
      'types without effect',
      [...(catalog.types ?? [])].filter(([, harmless]) => harmless).map(([name]) => name),
    ],
  ];
  return lists
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => foreignField(notes, 'Executor says', `${what}: ${names.join(', ')}`));
}

function assumptionBlocks({ assumes }: Facts, notes: Notes): readonly Block[] {
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ['plain tables', assumes.relations],
    ['built-in functions', assumes.functions],
    ['built-in casts', assumes.casts],
    ['built-in operators', assumes.operators],
  ];
  return lists
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => foreignField(notes, 'Assumes', `${what}: ${names.join(', ')}`));
}
