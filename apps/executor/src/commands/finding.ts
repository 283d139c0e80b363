import { CodecError, toHex } from '@countersign/codec';
import { decodeResponse } from '@countersign/messages';
import { ExitCode, type CarriedFile } from '@countersign/program';
import { ExecutorError } from '../executor-error.ts';
import { admitResponse, type Admission } from '../stages/admit.ts';
import type { World } from '../world.ts';
import type { Outcome } from './outcome.ts';

/** What became of one decision, or of a file that holds none. */
export interface Finding {
  readonly path: string;
  /** Undefined for a file that is no response. */
  readonly admission: Admission | undefined;
  readonly unreadable?: Unreadable;
}

/** Admits the decisions of one file. One that cannot be read keeps nobody else's decisions out. */
export function admitFile(world: World, { path, bytes }: CarriedFile): readonly Finding[] {
  try {
    return admitResponse(world, decodeResponse(bytes)).map((admission) => ({ path, admission }));
  } catch (thrown) {
    if (!isUnreadable(thrown)) throw thrown;
    return [{ path, admission: undefined, unreadable: thrown }];
  }
}

type Unreadable = CodecError | ExecutorError;

function isUnreadable(thrown: unknown): thrown is Unreadable {
  if (thrown instanceof ExecutorError) return thrown.code === 'import/other-deployment';
  return thrown instanceof CodecError;
}

export const refusalHint =
  'nothing was changed in the requests; export again and let the approver sign what is on the executor now';

/** Returns what `import --json` says. */
export function importDocument(world: World, findings: readonly Finding[]): Outcome {
  const exitCode = exitCodeOf(world, findings);
  const decisions = findings.map(findingDocument);
  if (exitCode !== ExitCode.verificationFailed)
    return { exitCode, fields: { code: 'import/done', decisions } };
  const message = 'nothing that was carried in counts';
  return { exitCode, fields: { code: 'import/refused', message, hint: refusalHint, decisions } };
}

/** Something that counted makes the import done; what was refused beside it is named. */
function exitCodeOf(world: World, findings: readonly Finding[]): ExitCode {
  const judgements = findings.flatMap(({ admission }) => admission?.judgement ?? []);
  const counted = judgements.flatMap((one) =>
    one.outcome === 'counted' ? [one.decision.record.requestId] : [],
  );
  const refused =
    judgements.some(({ outcome }) => outcome === 'refused') || judgements.length < findings.length;
  if (refused && counted.length === 0) return ExitCode.verificationFailed;
  const rejected = counted.some((id) => world.store.request(id)?.state === 'rejected');
  return rejected ? ExitCode.rejected : ExitCode.done;
}

/** Returns a finding as `import --json` gives it. */
export function findingDocument({ path, admission, unreadable }: Finding): object {
  if (admission === undefined)
    return {
      path,
      outcome: 'unreadable',
      code: unreadable?.code,
      message: unreadable?.message,
      logged: false,
    };
  const { judgement, state } = admission;
  const base = { path, outcome: judgement.outcome, state };
  if (judgement.outcome === 'refused' && !judgement.authentic)
    return { ...base, code: judgement.code, logged: false };
  const { requestId, choice, note } = judgement.decision.record;
  const code = judgement.outcome === 'refused' ? judgement.code : undefined;
  return { ...base, code, logged: true, requestId: toHex(requestId), choice, note };
}
