import type { RequestRow } from '../store/request-row.ts';
import type { Store } from '../store/store.ts';
import { isEmergency } from './known-request.ts';

/** A submission that declared an emergency. */
export type Emergency = Pick<RequestRow, 'id' | 'state' | 'target' | 'submitter' | 'madeAt'>;

/** Returns what was declared an emergency since `at`, in seconds since 1970, newest first. */
export function emergenciesSince({ database }: Pick<Store, 'database'>, at: number): readonly Emergency[] {
  const rows = database
    .prepare<[number], Emergency & Pick<RequestRow, 'submission'>>(
      `SELECT id, state, target, submitter, made_at AS "madeAt", submission FROM request
       WHERE made_at >= ? ORDER BY sequence DESC`,
    )
    .iterate(at);
  const found: Emergency[] = [];
  for (const { submission, ...row } of rows) if (isEmergency({ submission })) found.push(row);
  return found;
}
