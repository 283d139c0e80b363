import type { Relation } from './relations.ts';
import type { PostgresSession } from './session.ts';

/** Where each sequence continues, by its number, in words. */
export async function readPositions(
  session: PostgresSession,
  sequences: readonly Relation[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const { oid, quoted } of sequences) {
    const [row] = (await session.query(`SELECT last_value, is_called FROM ${quoted}`)).rows;
    const [last, called] = row ?? [];
    found.set(oid, called === 't' ? `continues after ${last ?? ''}` : `continues at ${last ?? ''}`);
  }
  return found;
}

/** Where sequences continue that no longer stand where they stood, by their numbers. */
export async function changedPositions(
  session: PostgresSession,
  sequences: readonly Relation[],
  before: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const after = await readPositions(session, sequences);
  return new Map(
    sequences.flatMap(({ oid }) => {
      const position = after.get(oid);
      return position === undefined || position === before.get(oid) ? [] : [[oid, position] as const];
    }),
  );
}
