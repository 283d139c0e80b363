import type { Request } from '@countersign/messages';
import { decodeCatalog, sessionDifference, type Catalog } from '@countersign/sql';
import { ApprovalError } from './approval-error.ts';

/**
 * Returns the catalogue that a request carries, or undefined when it carries none. Both words are the executor's, but it can only
 * have said one thing: a catalogue of another session than the signed one, or one that leaves names open, is refused.
 * @throws SqlError `sql/catalog-malformed`; ApprovalError `catalog/session-differs`, `catalog/partial`
 */
export function carriedCatalog(request: Request): Catalog | undefined {
  const { engine, session } = request.target;
  const catalog = request.catalog === undefined ? undefined : decodeCatalog(request.catalog);
  if (catalog?.partial === true)
    throw new ApprovalError(
      'catalog/partial',
      'the catalogue of the request leaves names open, expected all that the statements reach',
    );
  const different = sessionDifference(engine, catalog, new Map(session));
  if (different !== undefined)
    throw new ApprovalError(
      'catalog/session-differs',
      `the facts of the request were read with another ${different} than the one it is signed to run with`,
    );
  return catalog;
}
