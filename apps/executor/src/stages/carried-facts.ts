import type { Statement } from '@countersign/messages';
import { classifyWithNeeds, decodeFacts, encodeCatalog, type Catalog, type Dialect } from '@countersign/sql';
import { agreementOf } from '@countersign/wording';
import { ExecutorError } from '../executor-error.ts';

/** What a request carries so that a machine without the database reads the same facts. */
export interface CarriedFacts {
  readonly facts: Uint8Array;
  readonly catalog: Uint8Array;
}

const CATALOG_BYTES_MAX = 262_144;

/**
 * Returns the facts that policy `judged`, and the part of the catalogue that reading the statements needs. Where the engine found more behind
 * the texts than they show, the facts are graver than that reading, and approvers are told so. Anything else than
 * graver was read under other functions than policy vouches for now.
 * @throws ExecutorError `request/catalog-too-large`, `request/facts-changed`
 */
export function carriedFacts(
  statements: readonly Statement[],
  engine: Dialect,
  catalog: Catalog,
  judged: Uint8Array,
): CarriedFacts {
  const texts = statements.map(({ sql }) => sql);
  const needed = classifyWithNeeds(texts, engine, catalog);
  if (agreementOf(decodeFacts(judged, texts), needed.facts) === 'differs') {
    throw new ExecutorError(
      'request/facts-changed',
      'the functions that policy vouches for have changed since these statements were read',
      { hint: 'submit it again' },
    );
  }
  const bytes = encodeCatalog(needed.catalog);
  if (bytes.length <= CATALOG_BYTES_MAX) return { facts: judged, catalog: bytes };
  throw new ExecutorError(
    'request/catalog-too-large',
    `the statements reach definitions of ${bytes.length} bytes, at most ${CATALOG_BYTES_MAX}`,
    { hint: 'submit fewer statements at a time' },
  );
}
