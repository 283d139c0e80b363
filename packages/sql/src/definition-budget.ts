import { SqlError } from './error.ts';
import { LIMITS } from './limits.ts';

/**
 * How much of the catalogue's definitions one submission may still walk through. A view of a few hundred kilobytes under a
 * thousand statements would keep an approver's machine busy for minutes.
 */
export class DefinitionBudget {
  #left: number = LIMITS.definitionsMax;

  /** Takes the length of one definition. @throws SqlError `sql/definitions-too-long` when nothing is left */
  spend(length: number): void {
    this.#left -= length;
    if (this.#left >= 0) return;
    throw new SqlError(
      'sql/definitions-too-long',
      `more than ${LIMITS.definitionsMax} of definitions to walk through`,
    );
  }
}
