import { classifyTexts } from '@countersign/sql';
import type { Catalog, Facts, StatementFacts } from '@countersign/sql';
import type { Statement } from '../target.ts';
import { TargetError } from '../target-error.ts';
import type { Engine } from './settings.ts';
import { schemaChange } from './write-text.ts';

/**
 * Returns the facts of statements that only read and change rows, with every table that they can change through
 * triggers and foreign keys. On this engine that must be known before anything runs: a table of another engine keeps what a
 * transaction that is rolled back did to it, and a definition commits.
 * @throws TargetError `statement/unknown-effect`, `statement/changes-schema`, `statement/several`, `statement/denied`,
 * `statement/own-tables`
 */
export function requireKnownEffect(
  statements: readonly Statement[],
  engine: Engine,
  catalog: Catalog,
): Facts {
  const facts = classifyTexts(
    statements.map(({ sql }) => sql),
    engine,
    catalog,
  );
  for (const [at, one] of facts.statements.entries()) {
    if (at !== one.text) {
      throw new TargetError('statement/several', 'text holds more than one statement', {
        statement: one.text,
      });
    }
    requireRowsOnly(one);
  }
  if (facts.parsed && facts.statements.length === statements.length) return facts;
  throw new TargetError(
    'statement/unknown-effect',
    'a statement cannot be read, so what it changes is not known',
  );
}

function requireRowsOnly({ effects, opaque, kind, hazards, writes, text: statement }: StatementFacts): void {
  if (opaque || effects.includes('unknown')) {
    const why = [...new Set(hazards.map(({ code }) => code))].slice(0, 5).join(', ');
    const text = `what the statement changes cannot be told from its text and the schema (${why}), expected what \`countersign classify\` can read`;
    throw new TargetError('statement/unknown-effect', text, { statement });
  }
  if (kind === 'truncate' || effects.includes('ddl')) throw schemaChange(statement);
  if (effects.some((effect) => effect !== 'read' && effect !== 'write')) {
    const text = 'statement changes more than rows: the session, privileges or the server';
    throw new TargetError('statement/denied', text, { statement });
  }
  if (writes.some((name) => /(?:^|\.)"?_countersign_/i.test(name))) {
    const text = 'statement changes the tables of Countersign itself';
    throw new TargetError('statement/own-tables', text, { statement });
  }
}
