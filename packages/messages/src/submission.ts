import type { Pair, Statement } from './statement.ts';

/** What an operator, a job or an agent asks for. Signed by the submitter. */
export interface Submission {
  readonly version: 1;
  readonly domain: Uint8Array;
  /** 16 random bytes; the request made from this has the same id. */
  readonly id: Uint8Array;
  readonly madeAt: number;
  /** Name of the target database. */
  readonly target: string;
  readonly statements: readonly Statement[];
  readonly reason: string;
  /** Ticket, correlation id, agent model and the like, names strictly ascending. */
  readonly context?: readonly Pair[];
}
