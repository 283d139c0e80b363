import type { DryRunLimits, ReadLimits } from './target.ts';

/** Bounds of a dry run and a run where the caller names none. */
export const defaultDryRunLimits: DryRunLimits = {
  timeoutMs: 30_000,
  busyMs: 2_000,
  rowsMax: 1_000_000,
  rowsImagedMax: 1_000,
  imagedBytesMax: 1 << 20,
  bytesMax: 1 << 30,
  rowsHeldMax: 150_000,
  pagesScannedMax: 512,
  rowsScannedMax: 200_000,
  lockedMs: 10_000,
  aloneMs: 3_600_000,
};

/** Bounds of a read where the caller names none. */
export const defaultReadLimits: ReadLimits = {
  timeoutMs: 10_000,
  busyMs: 2_000,
  rowsMax: 10_000,
  bytesMax: 8 << 20,
};
