import { parseEnvelope, toHex } from '@countersign/codec';
import { ExecutorError } from '../executor-error.ts';
import { isRefused } from '../store/refused-keys.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';

const pageSize = 500;

const waitingStates = ['pending', 'approved'] as const;

/** Returns whether a request may still be approved or run. */
export function mayStillRun({ state }: Pick<RequestRow, 'state'>): boolean {
  return waitingStates.some((one) => one === state);
}

/** Returns whether a request waits that nobody can approve or run any more, since its submitter's key is revoked. */
export function waitsInVain(world: World, row: Pick<RequestRow, 'state' | 'submission'>): boolean {
  return mayStillRun(row) && isSubmitterRevoked(world, row);
}

/** Whether the key that a request was submitted with is revoked by now, by the roster or on this executor. */
function isSubmitterRevoked(world: World, { submission }: Pick<RequestRow, 'submission'>): boolean {
  const { kid } = parseEnvelope(submission);
  return isRefused(world.store, kid) || world.chain().isRevokedAt(kid, world.ledger.size);
}

/**
 * Refuses what a key submitted that is revoked by now. A bundle cannot say so to approvers where this executor alone revoked the key, so
 * that none is made; and what they approved before does not run.
 * @throws `request/submitter-revoked`
 */
export function requireSubmitterStands(
  world: World,
  row: Pick<RequestRow, 'id' | 'submission' | 'submitter'>,
): void {
  if (!isSubmitterRevoked(world, row)) return;
  const short = toHex(row.id).slice(0, 8);
  throw new ExecutorError(
    'request/submitter-revoked',
    `the key of ${row.submitter} that submitted this is revoked by now`,
    {
      hint: `take it back with \`countersign withdraw ${short}\`; where it is still wanted, \`countersign submit --again ${short}\` then asks for it in another's name`,
    },
  );
}

/** Returns what a person submitted with one of these keys and what may still be approved or run, newest first. */
export function waitingOf(
  { store }: World,
  submitter: string,
  kids: readonly Uint8Array[],
): readonly RequestRow[] {
  const keys = new Set(kids.map(toHex));
  return waitingStates
    .flatMap((state) => {
      const rows: RequestRow[] = [];
      for (let before = Number.MAX_SAFE_INTEGER; ;) {
        const page = store.requestsBefore({ before, state, submitter, countMax: pageSize });
        rows.push(...page);
        if (page.length < pageSize) return rows;
        before = page.at(-1)?.sequence ?? 0;
      }
    })
    .filter(({ submission }) => keys.has(toHex(parseEnvelope(submission).kid)))
    .toSorted((a, b) => b.sequence - a.sequence);
}
