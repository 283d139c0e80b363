import { toHex } from '@countersign/codec';
import { readCarried, ExitCode, type CarriedFile, type Implementation } from '@countersign/program';
import { admitResponse, type Admission } from '../stages/admit.ts';
import { ExecutorError } from '../executor-error.ts';
import { inHome, type Session } from './session.ts';
import { runAndReport } from './run.ts';

/** `import`: carries decisions in. */
export const importCommand: Implementation = inHome(async (session) => {
  const { world, run, arguments: paths, options } = session;
  const carried = readCarried(paths, '.csdec');
  if (carried.length === 0) {
    throw new ExecutorError('import/nothing', `no decision in ${paths.join(', ')}`, {
      hint: 'decisions are *.csdec files or pictures of QR codes',
    });
  }
  const admissions = carried.flatMap((one) => admitFile(session, one));
  run.output.document({ code: 'import/done', decisions: admissions.map(admissionDocument) });
  for (const admission of admissions) showAdmission(session, admission);
  const approved = approvedNow(session, admissions);
  for (const id of approved) run.output.line(`approved  ${toHex(id)}: the quorum is complete`);
  if (options.flag('run')) {
    for (const id of approved) {
      const exitCode = await runAndReport(session, id);
      if (exitCode !== ExitCode.done) return exitCode;
    }
  }
  return exitCodeOf(world, admissions);
});

interface FileAdmission extends Admission {
  readonly path: string;
}

function admitFile({ world }: Session, { path, bytes }: CarriedFile): readonly FileAdmission[] {
  return admitResponse(world, bytes).map((admission) => ({ ...admission, path }));
}

function admissionDocument({ judgement, state, path }: FileAdmission): object {
  const base = { path, outcome: judgement.outcome, state };
  if (judgement.outcome === 'refused' && !judgement.authentic)
    return { ...base, code: judgement.code, logged: false };
  const { requestId, choice, note } = judgement.decision.record;
  const code = judgement.outcome === 'refused' ? judgement.code : undefined;
  return { ...base, code, logged: true, requestId: toHex(requestId), choice, note };
}

function showAdmission({ run: { output }, world }: Session, { judgement, path }: FileAdmission): void {
  switch (judgement.outcome) {
    case 'counted': {
      const { requestId, choice, note } = judgement.decision.record;
      const said = note === undefined ? '' : `: ${note}`;
      output.line(
        `${output.colours.green('counted')}   ${choice} by ${judgement.counted.person} on ${toHex(requestId).slice(0, 8)}${said}`,
      );
      return;
    }
    case 'repeated':
      output.line(
        `${output.colours.dim('known')}     a decision on ${toHex(judgement.decision.record.requestId).slice(0, 8)} that is in the ledger already`,
      );
      return;
    case 'refused': {
      const who = judgement.authentic
        ? (world.chain().holder(judgement.decision.kid)?.person.id ?? 'unknown')
        : 'nobody in the roster';
      const kept = judgement.authentic ? 'logged, not counted' : 'not logged';
      output.line(
        `${output.colours.red('refused')}   ${path}: signed by ${who}, ${kept} [${judgement.code}]`,
      );
      return;
    }
  }
}

function approvedNow({ world }: Session, admissions: readonly FileAdmission[]): readonly Uint8Array[] {
  const ids = admissions.flatMap(({ judgement }) =>
    judgement.outcome === 'counted' ? [judgement.decision.record.requestId] : [],
  );
  const distinct = new Map(ids.map((id) => [toHex(id), id]));
  return [...distinct.values()].filter((id) => world.store.request(id)?.state === 'approved');
}

function exitCodeOf(world: Session['world'], admissions: readonly FileAdmission[]): ExitCode {
  const counted = admissions.filter(({ judgement }) => judgement.outcome === 'counted');
  if (admissions.some(({ judgement }) => judgement.outcome === 'refused') && counted.length === 0)
    return ExitCode.verificationFailed;
  const rejected = counted.some(
    ({ judgement }) =>
      judgement.outcome === 'counted' &&
      world.store.request(judgement.decision.record.requestId)?.state === 'rejected',
  );
  return rejected ? ExitCode.rejected : ExitCode.done;
}
