import { equalBytes, toHex } from '@countersign/codec';
import type { Life, VerifiedEntry } from '@countersign/ledger';
import type { Receipt, Request } from '@countersign/messages';
import { toleranceIn } from '@countersign/policy';

/** A receipt of a run that could do otherwise than signed, whose rows were not compared: that they were within is the executor's word. */
export interface UnknownRows {
  readonly requestId: string;
  readonly index: number;
  /** How many rows it states; null when it states none. */
  readonly rows: number | null;
}

/** Returns every receipt that leaves open which rows its run changed, in the order of their submissions. */
export function unknownRowsOf(
  lives: Iterable<Life>,
  entryAt: (index: number) => VerifiedEntry | undefined,
): readonly UnknownRows[] {
  return [...lives].flatMap((life) =>
    life.indexes.flatMap((index) => {
      const content = entryAt(index)?.content;
      if (content?.type !== 'receipt') return [];
      const { record: receipt } = content.signed;
      if (!isOpen(receipt, life)) return [];
      return [{ requestId: toHex(life.id), index, rows: receipt.effect?.rows ?? null }];
    }),
  );
}

function isOpen({ outcome, effect: ran }: Receipt, { request, proved }: Life): boolean {
  if (outcome !== 'executed' && outcome !== 'resolved-ran') return false;
  const record = request?.signed.record;
  if (ran === null) return outcome === 'executed' || (record !== undefined && isTolerant(record));
  if (record === undefined || equalBytes(ran.diffDigest, record.effect.diffDigest)) return false;
  return !proved || ran.diff === undefined || record.effect.diff === undefined;
}

function isTolerant({ policy }: Request): boolean {
  const { columns, fewerRows } = toleranceIn(policy.obligations ?? []);
  return fewerRows || columns.length > 0;
}

/** Returns such a receipt in one line. */
export function unknownRowsLine({ requestId, index, rows }: UnknownRows): string {
  const stated = rows === null ? 'it states none' : `it states ${rows}, not compared with the signed ones`;
  return `rows not known: entry ${index}, receipt of request ${requestId}: ${stated}`;
}
