import type { Imports } from './imports.ts';
import type { Room } from './table.ts';

/** A source file with the room it lies in. */
export interface Source {
  readonly path: string;
  /** `packages/codec`. */
  readonly roomPath: string;
  readonly room: Room;
  readonly isTest: boolean;
  readonly imports: Imports;
}
