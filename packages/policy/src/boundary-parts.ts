import { EFFECTS, HAZARD_CODES, WHERE_FORMS, assembleFacts } from '@countersign/sql';
import type { Dialect, Effect, Facts, StatementFacts } from '@countersign/sql';
import type { PolicyDiff } from './input.ts';
import type { Constants, Mentions } from './mentions.ts';

const INGREDIENTS_MAX = 12;
const SUBSETS_OF_AT_MOST = 4;
const STATEMENTS_MAX = 12;
export const TABLE = 'main.t';

/** Constants beside any of these inputs, taken together. */
export function constantsOf(mentions: Mentions, ...paths: readonly string[]): Constants {
  const found = paths.flatMap((path) => mentions.get(path) ?? []);
  return {
    numbers: new Set(found.flatMap(({ numbers }) => [...numbers])),
    texts: new Set(found.flatMap(({ texts }) => [...texts])),
  };
}

/** Each number, one less and one more, none below nought, ascending. */
export function around(numbers: Iterable<number>, max = 1_000_000_000): readonly number[] {
  const near = [...numbers].flatMap((number) => [number - 1, number, number + 1]);
  return [...new Set(near)].filter((number) => number >= 0 && number <= max).sort((a, b) => a - b);
}

/** None, each, all but each, all; every subset when there are few. */
export function subsets<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= SUBSETS_OF_AT_MOST)
    return Array.from({ length: 2 ** items.length }, (_, mask) =>
      items.filter((_item, index) => Math.floor(mask / 2 ** index) % 2 === 1),
    );
  return [
    [],
    ...items.map((one) => [one]),
    ...items.map((one) => items.filter((other) => other !== one)),
    items,
  ];
}

type Change = (statement: StatementFacts) => StatementFacts;

function statement(
  kind: string,
  effects: readonly Effect[],
  more: Partial<StatementFacts> = {},
): StatementFacts {
  return {
    sql: '',
    text: 0,
    offset: 0,
    kind,
    effects,
    reads: [],
    writes: [],
    columnsRead: [],
    columnsWritten: [],
    where: 'none',
    limited: false,
    functions: [],
    hazards: [],
    opaque: false,
    ...more,
  };
}

/** A statement of each effect, from the mildest on. */
const BASES: readonly StatementFacts[] = [
  statement('select', ['read']),
  statement('update', ['read', 'write'], { reads: [TABLE], writes: [TABLE], where: 'present' }),
  statement('create-table', ['ddl'], { writes: [TABLE] }),
  statement('commit', ['session']),
  statement('grant', ['privilege']),
  statement('attach', ['admin']),
  statement('unknown', ['unknown'], { opaque: true }),
];

/** What a rule's constants can do to a statement; a word the classifier never says is none of them. */
function ingredients(mentions: Mentions): readonly Change[] {
  const texts = (facts: string, one: string): readonly string[] => [
    ...constantsOf(
      mentions,
      `facts.${facts}`,
      `facts.${facts}[]`,
      `statements[].${one}`,
      `statements[].${one}[]`,
    ).texts,
  ];
  const known = <T extends string>(words: readonly string[], all: readonly T[]): readonly T[] =>
    all.filter((one) => words.includes(one));
  const names = (
    key: 'writes' | 'reads' | 'columnsRead' | 'columnsWritten' | 'functions',
    path: string,
  ): readonly Change[] =>
    texts(path, path)
      .flatMap((name) => spellings(name))
      .map((name) => (one) => ({ ...one, [key]: [...new Set([...one[key], name])].sort() }));
  const mentioned = (path: string): boolean => mentions.has(path);
  return [
    ...names('writes', 'writes').map(
      (write): Change =>
        (one) =>
          withEffect(write(one), 'write'),
    ),
    ...names('reads', 'reads'),
    ...names('columnsRead', 'columns_read'),
    ...names('columnsWritten', 'columns_written').map(
      (write): Change =>
        (one) =>
          withEffect(write(one), 'write'),
    ),
    ...names('functions', 'functions'),
    ...texts('kinds', 'kind').map((kind): Change => (one) => ({ ...one, kind })),
    ...known([...texts('effects', 'effects'), ...constantsOf(mentions, 'facts.effect').texts], EFFECTS).map(
      (effect): Change =>
        (one) =>
          withEffect(one, effect),
    ),
    ...known(texts('where', 'where'), WHERE_FORMS).map((where): Change => (one) => ({ ...one, where })),
    ...known(texts('hazards', 'hazards'), HAZARD_CODES).map((code): Change => (one) => ({
      ...one,
      hazards: [...one.hazards, { code, text: 0, offset: 0, length: 0 }],
    })),
    ...(mentioned('statements[].limited') ? [(one: StatementFacts) => ({ ...one, limited: true })] : []),
    ...(mentioned('facts.opaque') || mentioned('statements[].opaque')
      ? [(one: StatementFacts) => ({ ...one, opaque: true })]
      : []),
  ].slice(0, INGREDIENTS_MAX);
}

/** The name itself, and one that begins and one that ends with it. */
function spellings(name: string): readonly string[] {
  return name === '' ? [] : [name, `${name}x`, `x${name}`];
}

function withEffect(one: StatementFacts, effect: Effect): StatementFacts {
  const all = new Set([...one.effects, effect]);
  return { ...one, effects: EFFECTS.filter((known) => all.has(known)) };
}

/** Texts as the classifier could have read them, one statement of each effect first. */
export function factsAround(mentions: Mentions, dialect: Dialect): readonly Facts[] {
  const make = (statements: readonly StatementFacts[], parsed = true): Facts =>
    assembleFacts(dialect, [
      {
        statements,
        parsed: parsed && !statements.some(({ kind }) => kind === 'unknown'),
        hazards: [],
        relations: [],
      },
    ]);
  const changed = subsets(ingredients(mentions)).flatMap((changes) =>
    BASES.map((base) => changes.reduce((one, change) => change(one), base)),
  );
  const [read] = BASES;
  const sizes = around(
    constantsOf(mentions, 'facts.statement_count', 'statements', 'facts.kinds').numbers,
    STATEMENTS_MAX,
  );
  return [
    ...changed.map((one) => make([one])),
    ...changed.map((one) => make(read === undefined ? [one] : [read, one])),
    ...sizes.flatMap((size) => BASES.map((base) => make(Array.from({ length: size }, () => base)))),
    ...(mentions.has('facts.parsed') ? BASES.map((base) => make([base], false)) : []),
  ];
}

/** What dry runs could have shown: none, nothing, and changes at the bounds of the rule's constants. */
export function diffsAround(mentions: Mentions): readonly (PolicyDiff | undefined)[] {
  const paths = [...mentions.keys()].filter((path) => /^(?:diff|changes)\b/.test(path));
  if (paths.length === 0) return [ONE_ROW];
  const complete = mentions.has('diff.complete') ? [true, false] : [true];
  const unseen = saidIn(mentions, 'diff.not_previewed');
  const schema = saidIn(mentions, 'diff.schema_changes');
  const diffs = changesAround(mentions, paths).flatMap((diff) =>
    complete.flatMap((all) =>
      unseen.flatMap((notPreviewed) =>
        schema.map((schemaChanges) => ({ ...diff, complete: all, notPreviewed, schemaChanges })),
      ),
    ),
  );
  return [...diffs, undefined];
}

function changesAround(mentions: Mentions, paths: readonly string[]): readonly PolicyDiff[] {
  const { numbers, texts } = constantsOf(mentions, ...paths);
  const tables = [TABLE, ...[...texts].flatMap(spellings)];
  const rows = [...new Set([1, ...around(numbers)])];
  const kinds = ['updated', 'inserted', 'deleted'] as const;
  const sizes = around(constantsOf(mentions, 'changes', 'changes[]').numbers, 20);
  return [
    ONE_ROW,
    diffOf([]),
    ...rows.flatMap((count) =>
      kinds.flatMap((kind) => tables.map((table) => diffOf([{ table, [kind]: count }]))),
    ),
    ...sizes.map((size) =>
      diffOf(Array.from({ length: size }, (_, index) => ({ table: `${TABLE}${index}`, updated: 1 }))),
    ),
  ];
}

/** What a list of texts in the diff could say; nothing at all when no rule looks at it. */
function saidIn(mentions: Mentions, path: string): readonly (readonly string[])[] {
  if (!mentions.has(path) && !mentions.has(`${path}[]`)) return [[]];
  const { texts } = constantsOf(mentions, path, `${path}[]`);
  return [[], ...['something', ...[...texts].flatMap(spellings)].map((text) => [text])];
}

interface Counts {
  readonly table: string;
  readonly inserted?: number;
  readonly updated?: number;
  readonly deleted?: number;
}

function diffOf(changes: readonly Counts[]): PolicyDiff {
  const tables = changes.map(({ table, inserted = 0, updated = 0, deleted = 0 }) => ({
    table,
    inserted,
    updated,
    deleted,
  }));
  return {
    rows: tables.reduce((sum, { inserted, updated, deleted }) => sum + inserted + updated + deleted, 0),
    tables,
    complete: true,
    notPreviewed: [],
    schemaChanges: [],
  };
}

const ONE_ROW = diffOf([{ table: TABLE, updated: 1 }]);
