import { CodecError, toHex } from '@countersign/codec';
import { decodeResponse } from '@countersign/messages';
import type { CarriedFile } from '@countersign/program';
import { ExecutorError } from '../executor-error.ts';
import { admitResponse, type Admission } from '../stages/admit.ts';
import type { World } from '../world.ts';

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
