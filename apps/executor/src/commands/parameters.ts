import type { Param } from '@countersign/messages';
import { quote } from '@countersign/program';
import { sqliteParameters, type Dialect } from '@countersign/sql';
import { ExecutorError } from '../executor-error.ts';
import { listed } from '../listed.ts';

/** The values of `--param`, under positions or under names as they were written, with their sign or without. */
interface Given {
  readonly positions: ReadonlyMap<number, Param>;
  readonly names: ReadonlyMap<string, Param>;
}

/** Returns values that came as JSON, in order or by name, as the command line writes them. */
export function parameterTexts(
  values: readonly unknown[] | Readonly<Record<string, unknown>>,
): readonly string[] {
  const all: readonly (readonly [string, unknown])[] = Array.isArray(values)
    ? values.map((value: unknown, index) => [String(index + 1), value])
    : Object.entries(values);
  return all.map(([place, value]) => `${place}=${JSON.stringify(value)}`);
}

const positionShape = /^[1-9]\d{0,4}$/;
const nameShape = /^(?:[:@$][A-Za-z0-9_$\u0080-\uffff]+|[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*)$/;
const namesShown = 8;

/**
 * Returns the values for the places of a statement in the order in which its engine numbers them. Names are SQLite's alone, and
 * what is signed holds none: the text itself says which name stands where.
 * @throws `submission/parameters`, `submission/parameter-…`
 */
export function parametersOf(sql: string, given: readonly string[], dialect: Dialect): readonly Param[] {
  const { positions, names } = parseGiven(given);
  if (names.size > 0) return inNameOrder(placesOf(sql, dialect, positions.size > 0), names);
  const places = dialect === 'sqlite' && positions.size > 0 ? sqliteParameters(sql)?.names : undefined;
  if (places?.[0] !== undefined) {
    throw mixed(
      `the statement names its parameters, ${listOf(places)}, and values are given by position`,
      places,
    );
  }
  return Array.from({ length: positions.size }, (_, index) => {
    const param = positions.get(index + 1);
    if (param === undefined)
      throw new ExecutorError('submission/parameters', `parameter ${index + 1} is missing`);
    return param;
  });
}

/** Reads `NAME=JSON` and `POSITION=JSON`: whole numbers, texts, true, false, null; `{"number":"1.50"}` and `{"hex":"00ff"}` for what JSON lacks. */
function parseGiven(given: readonly string[]): Given {
  const positions = new Map<number, Param>();
  const names = new Map<string, Param>();
  for (const one of given) {
    const at = one.indexOf('=');
    const place = one.slice(0, Math.max(at, 0));
    const isPosition = positionShape.test(place);
    if (!isPosition && !nameShape.test(place)) {
      throw new ExecutorError(
        'submission/parameters',
        `${quote(one)} is no parameter, expected NAME=JSON such as tier='"gold"', or POSITION=JSON such as 1=42`,
      );
    }
    const param = parseParameter(one.slice(at + 1), place);
    if (isPosition ? positions.has(Number(place)) : names.has(place)) throw repeated(place, isPosition);
    if (isPosition) positions.set(Number(place), param);
    else names.set(place, param);
  }
  return { positions, names };
}

function repeated(place: string, isPosition: boolean): ExecutorError {
  const code = isPosition ? 'submission/parameters' : 'submission/parameter-repeated';
  return new ExecutorError(code, `parameter ${place} is given twice`);
}

/** What a dialect without names has in their stead. */
const unnamed: Readonly<Record<Exclude<Dialect, 'sqlite'>, readonly [engine: string, place: string]>> = {
  postgres: ['PostgreSQL', '$1, $2, …'],
  mariadb: ['MariaDB', '?'],
  mysql: ['MySQL', '?'],
};

/** Returns the names of a statement all of whose places are named. */
function placesOf(sql: string, dialect: Dialect, isMixed: boolean): readonly string[] {
  if (dialect !== 'sqlite') {
    const [engine, place] = unnamed[dialect];
    throw new ExecutorError('submission/parameter-names', `${engine} has no named parameters`, {
      hint: `write ${place} in the statement and give the values by position: --param 1=JSON`,
    });
  }
  const places = sqliteParameters(sql);
  if (places === undefined) {
    throw new ExecutorError('submission/parameter-names', 'which names the statement has cannot be told', {
      hint: 'mend its text (`countersign classify` says what is wrong with it), or write ? and give the values by position',
    });
  }
  if (isMixed) throw mixed('values are given by name and by position', places.names);
  if (places.marks > 0 || places.numbered)
    throw mixed('values are given by name, and the statement has places without one', places.names);
  return places.names;
}

function mixed(fact: string, names: readonly string[]): ExecutorError {
  const [name] = names;
  return new ExecutorError('submission/parameter-mixed', fact, {
    hint: `name every place and give every value by name, such as --param ${name?.slice(1) ?? 'NAME'}=JSON; or write ? for each and give positions`,
  });
}

/** @throws `submission/parameter-unknown`, `submission/parameter-ambiguous`, `submission/parameter-repeated`, `submission/parameter-missing` */
function inNameOrder(places: readonly string[], given: ReadonlyMap<string, Param>): readonly Param[] {
  const byPlace = new Map<string, Param>();
  for (const [name, param] of given) {
    const place = placeOf(name, places);
    if (byPlace.has(place))
      throw new ExecutorError('submission/parameter-repeated', `parameter ${place} is given twice`);
    byPlace.set(place, param);
  }
  return places.map((place) => {
    const param = byPlace.get(place);
    if (param !== undefined) return param;
    throw new ExecutorError('submission/parameter-missing', `parameter ${place} has no value`, {
      hint: `give it with --param ${place.slice(1)}=JSON`,
    });
  });
}

/** Returns the place that a name, which may lack its sign, means. */
function placeOf(name: string, places: readonly string[]): string {
  const meant = places.filter((place) => place === name || place.slice(1) === name);
  const [place, other] = meant;
  if (place === undefined) {
    throw new ExecutorError(
      'submission/parameter-unknown',
      `${quote(name)} is no parameter of the statement, there is ${listOf(places)}`,
    );
  }
  if (other === undefined) return place;
  throw new ExecutorError('submission/parameter-ambiguous', `${quote(name)} could be ${listOf(meant)}`, {
    hint: 'write the name with its sign',
  });
}

function listOf(names: readonly string[]): string {
  const more = names.length > namesShown ? ' …' : '';
  return `${listed(names.slice(0, namesShown))}${more}`;
}

function parseParameter(json: string, place: string): Param {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new ExecutorError('submission/parameters', `parameter ${place} is not JSON: ${quote(json)}`, {
      cause,
      hint: 'a text needs its quotes: 2=\'"gold"\'',
    });
  }
  if (value === null) return { type: 'null' };
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (typeof value === 'string') return { type: 'text', value };
  // A number is carried as it was written: JSON.parse would round 12345678901234567890 and drop the zeros of 1.50.
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && /^-?\d+$/.test(json)
      ? { type: 'integer', value }
      : { type: 'number', value: json };
  if (isRecord(value)) {
    const [[kind, text] = [], ...more] = Object.entries(value);
    if (more.length === 0 && typeof text === 'string') {
      if (kind === 'number' && /^-?[0-9][0-9.eE+-]*$/.test(text)) return { type: 'number', value: text };
      if (kind === 'hex' && /^(?:[0-9a-fA-F]{2})*$/.test(text))
        return { type: 'bytes', value: new Uint8Array(Buffer.from(text, 'hex')) };
    }
  }
  throw new ExecutorError('submission/parameters', `parameter ${place} has no type a statement takes`, {
    hint: 'a whole number, a text, true, false, null, {"number":"1.50"} or {"hex":"00ff"}',
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
