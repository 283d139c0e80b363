import type { Setting } from '@countersign/diff';
import type { StoredProgram } from '@countersign/sql';
import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import type { Definition } from './definition.ts';
import type { ColumnType, Rehearsed } from './definition-rehearsal.ts';
import type { Algorithm } from './definition-session.ts';
import { quoteAccount } from './values.ts';

/** Names that one sentence lists. */
const listedMax = 12;

/** What each way of altering a table keeps others from. */
const lockTexts: Readonly<Record<Algorithm, string>> = {
  INSTANT: 'INSTANT: the definition alone is changed; nobody else can use the table for a moment',
  NOCOPY:
    'NOCOPY: indexes are made beside the rows; others can read, and mostly write, but for a moment at both ends',
  INPLACE:
    'INPLACE: the table is written anew inside the engine; others can read, and mostly write, but for a moment at both ends',
  COPY: 'COPY: every row is copied; others can read and not write until all are',
};

/** What approvers are told about locks, and about tables that are written anew. */
export function lockSettings({ facts, form, shapes }: Definition, { algorithm }: Rehearsed): Setting[] {
  const alters = /^(?:alter-table|create-index|drop-index)$/.test(facts.kind);
  const mode = !alters
    ? 'nobody else can use it for a moment'
    : algorithm !== undefined
      ? lockTexts[algorithm]
      : form.saysHow
        ? 'as the text says'
        : 'as the server chooses';
  const locks = shapes.map(({ name }): Setting => [`lock ${name}`, mode]);
  const rewrites =
    algorithm === 'COPY' ? shapes.map(({ name }): Setting => [`rewrite ${name}`, 'table']) : [];
  return [...locks, ...rewrites];
}

/**
 * Refuses what the text was not seen to do: a column that is gone afterwards and is neither dropped nor renamed by it.
 * @throws TargetError `statement/unknown-effect`
 */
export function requireToldColumns(
  { drops, form }: Definition,
  { columns: [before, after] }: Rehearsed,
): void {
  const names = new Set(after.map(({ name }) => name));
  const renamed = new Set(form.columnNames.map(([from]) => from.toLowerCase()));
  const untold = before.find(
    ({ name }) => !names.has(name) && !drops.includes(name) && !renamed.has(name.toLowerCase()),
  );
  if (untold === undefined) return;
  const text = `column ${visible(untold.name)} goes, which could not be read from the text; expected its name written as it stands in the schema`;
  throw new TargetError('statement/unknown-effect', text, { statement: 0 });
}

/** What no copy without rows shows, in words; never empty. */
export function unseenParts(
  definition: Definition,
  { columns: [before, after] }: Rehearsed,
  missing: readonly string[],
): string[] {
  const { facts, form, shapes, drops } = definition;
  const table = visible(shapes[0]?.name ?? '');
  const alters = /^(?:alter-table|create-index)$/.test(facts.kind) && shapes.length > 0;
  const was = (name: string): ColumnType | undefined => {
    const from = form.columnNames.find(([, to]) => to.toLowerCase() === name.toLowerCase())?.[0] ?? name;
    return drops.includes(name)
      ? undefined
      : before.find((one) => one.name.toLowerCase() === from.toLowerCase());
  };
  const turned = after.flatMap(({ name, type }) => {
    const old = was(name);
    return old === undefined || old.type === type ? [] : [`${name} (${old.type} to ${type})`];
  });
  const come = after.flatMap(({ name }) => (before.length === 0 || was(name) !== undefined ? [] : [name]));
  return [
    `everything that the rows decide: ${facts.kind} commits by itself, so it was tried on a copy of the schema without rows and cannot be taken back`,
    ...(alters
      ? [`whether the rows of ${table} allow it: duplicates, NULL and values that do not fit make it fail`]
      : []),
    ...(turned.length > 0
      ? [
          `values of columns of ${table} that get another type, where fractions may be rounded and spaces cut off: ${listed(turned)}`,
        ]
      : []),
    ...(come.length > 0 ? [`values of new columns in the rows of ${table}: ${listed(come)}`] : []),
    ...(form.setsCounter ? ['the counter of AUTO_INCREMENT'] : []),
    ...(missing.length > 0 ? [`views that could not be made on the copy: ${listed(missing)}`] : []),
  ];
}

/** In whose name a program will run. @param account the account that makes it, as the engine quotes it */
export function definerOf({ definer }: StoredProgram, account: string): string {
  return definer === undefined ? account : quoteAccount(...definer);
}

/** What of a trigger or routine nobody has seen, in words: what it does when it runs, as whom, and privileges on it. */
export function laterParts({ form: { program } }: Definition, account: string): string[] {
  if (program === undefined) return [];
  const [what, isRoutine] = [`${program.kind} ${visible(program.name)}`, program.kind !== 'trigger'];
  if (program.verb === 'drop')
    return isRoutine ? [`privileges on ${what}, which the server takes from every account that has any`] : [];
  const when = isRoutine ? 'it is called' : `rows of ${visible(program.table ?? '')} change`;
  const definer = definerOf(program, account);
  return [
    `what ${what} does when ${when}: its text is stored as it is shown, and was not run`,
    ...(definer === account
      ? []
      : [
          `what ${visible(definer)} may do, in whose name ${what} will run${isRoutine ? ' unless it says SQL SECURITY INVOKER' : ''}, and whether there is such an account`,
        ]),
    ...(isRoutine ? [`privileges on ${what} that the server gives to the account that makes it`] : []),
  ];
}

function listed(names: readonly string[]): string {
  const more = names.length - listedMax;
  const some = names.slice(0, listedMax).map((name) => visible(name));
  return [...some, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}
