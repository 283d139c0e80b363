import { DIALECTS, EFFECTS, HAZARD_CODES, WHERE_FORMS, assembleFacts } from '@countersign/sql';
import type { Dialect, Facts, StatementFacts } from '@countersign/sql';
import type { Item, Mapping } from './document.ts';
import { PolicyError } from './error.ts';
import { closedMap, leaf, list, shown, text } from './shape.ts';

const STATEMENT_KEYS = [
  'kind',
  'effects',
  'writes',
  'reads',
  'columns_read',
  'columns_written',
  'where',
  'limited',
  'functions',
  'hazards',
  'opaque',
];
const STATEMENTS_MAX = 100;
const NAMES_MAX = 200;

/**
 * Facts that a case states itself: what a catalogue adds cannot be read out of the text alone. What follows from the
 * statements (`effect`, `read_only`) is worked out as the classifier does, so that no case can contradict itself.
 */
export function readFacts(item: Item): Facts {
  const entries = closedMap(item, ['dialect', 'parsed', 'statements']);
  const statements = entries.get('statements')?.value;
  if (statements === undefined)
    throw new PolicyError('policy/missing-key', 'facts without statements', item.place);
  const items = list(statements);
  if (items.length > STATEMENTS_MAX)
    throw new PolicyError('policy/too-large', `more than ${STATEMENTS_MAX} statements`, statements.place);
  const dialect = entries.get('dialect');
  const parsed = flag(entries, 'parsed', true);
  const read = items.map((one, index) => readStatement(one, index));
  return assembleFacts(dialect === undefined ? 'sqlite' : readDialect(dialect.value), [
    { statements: read, parsed, hazards: [], relations: [] },
  ]);
}

/** @throws PolicyError `policy/type` */
export function readDialect(item: Item): Dialect {
  return oneOf(item, DIALECTS);
}

/** One of the texts that are known. @throws PolicyError `policy/type` */
export function oneOf<const T extends string>(item: Item, known: readonly T[]): T {
  const { value } = leaf(item);
  const found = known.find((one) => one === value);
  if (found === undefined) {
    throw new PolicyError(
      'policy/type',
      `${shown(String(value))}, expected ${known.length > 8 ? 'a known one' : `one of ${known.join(', ')}`}`,
      item.place,
    );
  }
  return found;
}

function readStatement(item: Item, index: number): StatementFacts {
  const entries = closedMap(item, STATEMENT_KEYS);
  const names = (key: string): readonly string[] => sortedTexts(entries, key);
  const each = <const T extends string>(key: string, known: readonly T[]): readonly T[] => {
    const value = entries.get(key)?.value;
    const given = new Set(value === undefined ? [] : list(value).map((one) => oneOf(one, known)));
    return known.filter((one) => given.has(one));
  };
  const effects = each('effects', EFFECTS);
  if (effects.length === 0)
    throw new PolicyError('policy/missing-key', 'a statement without effects', item.place);
  const kind = entries.get('kind');
  const where = entries.get('where');
  return {
    sql: '',
    text: index,
    offset: 0,
    kind: kind === undefined ? 'select' : text(kind.value, 64),
    effects,
    reads: names('reads'),
    writes: names('writes'),
    columnsRead: names('columns_read'),
    columnsWritten: names('columns_written'),
    where: where === undefined ? 'none' : oneOf(where.value, WHERE_FORMS),
    limited: flag(entries, 'limited', false),
    functions: names('functions'),
    hazards: each('hazards', HAZARD_CODES).map((code) => ({ code, text: index, offset: 0, length: 0 })),
    opaque: flag(entries, 'opaque', false),
  };
}

/** The texts of a list, sorted, each once; none when the key is absent. */
function sortedTexts(entries: Mapping['entries'], key: string): readonly string[] {
  const value = entries.get(key)?.value;
  if (value === undefined) return [];
  const items = list(value);
  if (items.length > NAMES_MAX)
    throw new PolicyError('policy/too-large', `more than ${NAMES_MAX} names`, value.place);
  return [...new Set(items.map((item) => text(item, 256)))].sort();
}

/** A truth value of a map, or `otherwise` when the key is absent. @throws PolicyError `policy/type` */
export function flag(entries: Mapping['entries'], key: string, otherwise: boolean): boolean {
  const item = entries.get(key)?.value;
  if (item === undefined) return otherwise;
  const { value } = leaf(item);
  if (typeof value !== 'boolean') throw new PolicyError('policy/type', 'expected true or false', item.place);
  return value;
}
