import { equalBytes } from '@countersign/codec';
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
 * Returns the facts of the statements as read with a catalogue, and the part of it that they need. They must be those that
 * policy `judged`: what the engine alone found behind a text shows in no catalogue, and no approver could see it.
 * @throws ExecutorError `request/catalog-too-large`, `request/facts-hidden`
 */
export function carriedFacts(
  statements: readonly Statement[],
  engine: Dialect,
  catalog: Catalog,
  judged: Uint8Array,
): CarriedFacts {
  const texts = statements.map(({ sql }) => sql);
  const needed = classifyWithNeeds(texts, engine, catalog);
  const facts = encodeFacts(needed.facts);
  if (!equalBytes(facts, judged)) {
    throw new ExecutorError(
      'request/facts-hidden',
      'the engine finds in these statements what their texts do not show, so that approvers could not see it',
      { hint: 'write the call, cast or view out that the statement reaches without naming it' },
    );
  }
  const bytes = encodeCatalog(needed.catalog);
  if (bytes.length <= CATALOG_BYTES_MAX) return { facts, catalog: bytes };
  throw new ExecutorError(
    'request/catalog-too-large',
    `the statements reach definitions of ${bytes.length} bytes, at most ${CATALOG_BYTES_MAX}`,
    { hint: 'submit fewer statements at a time' },
  );
}
