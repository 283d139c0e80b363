import { toHex } from '@countersign/codec';
import { decodeResponse } from '@countersign/messages';
import { formatTime } from '@countersign/program';
import { exportRequest } from '../stages/export.ts';
import { closeDue } from '../stages/expire.ts';
import { requestNamed } from '../stages/request.ts';
import { wordsOf } from '../commands/request-document.ts';
import { submissionOfRow } from '../commands/describe.ts';
import { admitFile, findingDocument } from '../commands/finding.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';
import type { ScanDesk } from './server.ts';

const listMax = 200;

/** Returns the desk of a home. */
export function scanDesk(world: World): ScanDesk {
  return {
    requests: () => {
      closeDue(world);
      const waiting = (['pending', 'approved'] as const).flatMap((state) =>
        world.store.requests(state, listMax),
      );
      return { requests: waiting.map(requestLine) };
    },
    exportBundle: (id) => {
      closeDue(world);
      return exportRequest(world, requestNamed(world, id), 'screen');
    },
    admit: (response) => {
      // Before anything is judged: what is no response is refused as a whole.
      decodeResponse(response);
      const findings = admitFile(world, { path: 'camera', bytes: response });
      return { decisions: findings.map(findingDocument) };
    },
  };
}

function requestLine(row: RequestRow): object {
  const { reason, statements } = submissionOfRow(row);
  return {
    id: toHex(row.id),
    state: row.state,
    target: row.target,
    submitter: row.submitter,
    madeAt: formatTime(row.madeAt),
    reason,
    sql: statements.map(({ sql }) => sql),
    words: row.digest === null ? '' : wordsOf(row.digest),
  };
}
