import { classifyTexts } from '@countersign/sql';
import type { Catalog, Facts } from '@countersign/sql';
import { TargetError } from '../target-error.ts';
import type { Statement } from '../target.ts';
import { readCatalog, readNaming } from './catalog.ts';
import type { Sides } from './images.ts';
import { requireKnownEffect } from './known-effect.ts';
import type { MariadbSession } from './session.ts';
import { pinnedMode } from './settings.ts';
import type { ServerKind } from './settings.ts';
import { requireTableSeen } from './sights.ts';
import { placeOf, readShapes } from './table-shapes.ts';
import type { TableShape } from './table-shapes.ts';
import { quoteName } from './values.ts';

/** What the statements can change, by a schema that stays as it is until the transaction ends. */
export interface Scene {
  readonly catalog: Catalog;
  readonly facts: Facts;
  /** Every table that the statements can change, ascending by name. */
  readonly shapes: readonly TableShape[];
}

const looksMax = 8;

/**
 * Reads the schema for the statements of a transaction. Each table that they can change is opened first: while the
 * transaction lasts nobody alters it or puts a trigger on it. What then comes to light may name more tables. The observer reads it:
 * MySQL shows a transaction the schema of its snapshot, without what was made between that and the opening.
 * @throws TargetError `statement/…` for statements whose effect is not known or cannot be taken back, `target/rights`
 */
export async function readScene(
  { writer, observer }: Sides,
  statements: readonly Statement[],
  { engine }: ServerKind,
): Promise<Scene> {
  const opened = new Set<string>();
  await open(writer, await namedTables(observer, statements, engine), opened);
  for (let looks = 0; looks < looksMax; looks += 1) {
    const catalog = await readCatalog(observer, pinnedMode);
    const facts = requireKnownEffect(statements, engine, catalog);
    const names = [...new Set(facts.statements.flatMap(({ writes }) => writes))].toSorted();
    if (names.every((name) => opened.has(name))) {
      for (const name of names) await requireTableSeen(observer, engine, name);
      return { catalog, facts, shapes: await readShapes(observer, engine, names, catalog) };
    }
    await open(writer, names, opened);
  }
  throw new TargetError('target/busy', 'the schema changes while it is read');
}

/** Tables that the texts themselves change, as far as they can be read without a schema. */
async function namedTables(
  session: MariadbSession,
  statements: readonly Statement[],
  engine: ServerKind['engine'],
): Promise<readonly string[]> {
  const facts = classifyTexts(
    statements.map(({ sql }) => sql),
    engine,
    {
      tables: new Map(),
      triggers: [],
      partial: true,
      sqlMode: pinnedMode,
      ...(await readNaming(session)),
    },
  );
  return facts.statements.flatMap(({ effects, writes }) => (effects.includes('ddl') ? [] : writes));
}

async function open(session: MariadbSession, names: readonly string[], opened: Set<string>): Promise<void> {
  for (const name of names) {
    if (opened.has(name)) continue;
    await session.own(`SELECT 1 FROM ${placeOf(name).map(quoteName).join('.')} LIMIT 0`);
    opened.add(name);
  }
}
