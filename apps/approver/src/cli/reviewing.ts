import {
  nodeVerifier,
  readCarried,
  systemClock,
  type CarriedFile,
  type ProgramRun,
} from '@countersign/program';
import { reviewRequest, type ReviewedRequest } from '../core/review-request.ts';
import { ApproverError } from './approver-error.ts';
import { anchorOf, type ApproverHome } from './home.ts';
import type { Memory } from './memory.ts';
import { storedRosters } from './roster-store.ts';

/** Returns the request bundles that were carried in at `paths`. @throws ApproverError `carried/none`, and as `readCarried` */
export async function carriedRequests(
  run: ProgramRun,
  paths: readonly string[],
): Promise<readonly CarriedFile[]> {
  const carried = await readCarried(paths, { suffix: '.csreq', note: (text) => run.output.note(text) });
  if (carried.length > 0) return carried;
  throw new ApproverError('carried/none', `no request in ${paths.join(', ')}`, {
    hint: 'requests are *.csreq files or pictures of QR codes',
  });
}

/** Returns the one request at `paths`: a decision is about one. @throws ApproverError `carried/several` */
export async function carriedRequest(run: ProgramRun, paths: readonly string[]): Promise<CarriedFile> {
  const [first, ...more] = await carriedRequests(run, paths);
  if (first !== undefined && more.length === 0) return first;
  throw new ApproverError('carried/several', `${more.length + 1} requests, expected one to decide on`, {
    hint: 'name the file, or the pictures of one request; `review` shows them all',
  });
}

/** Returns a carried request once it verified against what the home and the key remember, by this machine's clock. */
export function reviewCarried(bytes: Uint8Array, home: ApproverHome, memory: Memory): ReviewedRequest {
  const { kid, state } = memory;
  const [anchor, known] = [anchorOf(home), storedRosters(home)];
  return reviewRequest(bytes, { anchor, kid, state, known, verifier: nodeVerifier, now: systemClock() });
}
