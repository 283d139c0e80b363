import type { ReviewWarning } from '@countersign/messages';
import type { Document, LeftOut } from './document.ts';
import type { WarningCode } from './catalogue/warnings.ts';
import type { HazardCode } from '@countersign/sql';

/** How much of long things a description shows. */
export interface Limits {
  readonly valueBytes: number;
  /** Of the key in the title of a row. */
  readonly keyBytes: number;
  readonly statementLines: number;
  readonly statementBytes: number;
  readonly rowsOfTable: number;
}

const full: Limits = {
  valueBytes: Infinity,
  keyBytes: Infinity,
  statementLines: Infinity,
  statementBytes: Infinity,
  rowsOfTable: Infinity,
};
const summary: Limits = {
  valueBytes: 200,
  keyBytes: 120,
  statementLines: 40,
  statementBytes: 4000,
  rowsOfTable: 10,
};

/** Collects, while a section is written, the warnings it holds and what it leaves out. */
export class Notes {
  readonly limits: Limits;
  readonly #warnings = new Set<string>();
  #rows = 0;
  #bytes = 0;

  constructor(depth: Document['depth']) {
    this.limits = depth === 'full' ? full : summary;
  }

  /** Notes a warning that the section shows. */
  warn(code: WarningCode | ReviewWarning | `hazard/${HazardCode}`): void {
    this.#warnings.add(code);
  }

  leaveOut({ rows = 0, bytes = 0 }: Partial<LeftOut>): void {
    this.#rows += rows;
    this.#bytes += bytes;
  }

  /** Codes of the warnings so far, ascending. */
  get warnings(): readonly string[] {
    return [...this.#warnings].toSorted();
  }

  get leftOut(): LeftOut {
    return { rows: this.#rows, bytes: this.#bytes };
  }
}
