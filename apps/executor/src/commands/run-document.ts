import { ExitCode } from '@countersign/program';
import { againHint } from '../stages/again.ts';
import type { RunResult } from '../stages/run.ts';
import type { World } from '../world.ts';
import type { Drift } from './drift.ts';
import { requestDocument } from './request-document.ts';
import type { Outcome } from './outcome.ts';

/** Returns what `run --json` says of a run that came to an end; `drift` for whoever has it already. */
export function runDocument(world: World, result: RunResult, drift?: Drift): Outcome {
  const { row } = result;
  const common = requestDocument(world, row, drift);
  switch (result.kind) {
    case 'executed':
      return { exitCode: ExitCode.done, fields: { code: 'request/executed', ...common } };
    case 'drifted': {
      const fields = { code: 'run/drifted', message: result.reason, hint: againHint(row.id), ...common };
      return { exitCode: ExitCode.drift, fields };
    }
  }
}
