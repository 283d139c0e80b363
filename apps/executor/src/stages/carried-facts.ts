import type { Statement } from '@countersign/messages';
import { classifyWithNeeds, encodeCatalog, encodeFacts, type Catalog, type Dialect } from '@countersign/sql';
import { ExecutorError } from '../executor-error.ts';

/** What a request carries so that a machine without the database reads the same facts. */
export interface CarriedFacts {
  readonly facts: Uint8Array;
  readonly catalog: Uint8Array;
}

const CATALOG_BYTES_MAX = 262_144;

/**
 * Returns the facts of the statements as read with a catalogue, and the part of it that they need.
 * @throws ExecutorError `request/catalog-too-large`
 */
export function carriedFacts(
  statements: readonly Statement[],
  engine: Dialect,
  catalog: Catalog,
): CarriedFacts {
  const texts = statements.map(({ sql }) => sql);
  const needed = classifyWithNeeds(texts, engine, catalog);
  const bytes = encodeCatalog(needed.catalog);
  if (bytes.length <= CATALOG_BYTES_MAX) return { facts: encodeFacts(needed.facts), catalog: bytes };
  throw new ExecutorError(
    'request/catalog-too-large',
    `the statements reach definitions of ${bytes.length} bytes, at most ${CATALOG_BYTES_MAX}`,
    { hint: 'submit fewer statements at a time' },
  );
}
