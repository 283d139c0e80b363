import { toHex } from '@countersign/codec';
import { readCarried, ExitCode, type Implementation } from '@countersign/program';
import { harmless } from '@countersign/wording';
import type { Admission } from '../stages/admit.ts';
import { admitFile, importDocument, refusalHint, type Finding } from './finding.ts';
import { ExecutorError } from '../executor-error.ts';
import { inHome, type Session } from './session.ts';
import { runAndReport } from './run.ts';

/** `import`: carries decisions in. */
export const importCommand: Implementation = inHome(async (session) => {
  const { world, run, arguments: paths, options } = session;
  const carried = await readCarried(paths, {
    suffix: '.csdec',
    note: (text) => run.output.note(text),
  });
  if (carried.length === 0) {
    throw new ExecutorError('import/nothing', `no decision in ${paths.join(', ')}`, {
      hint: 'decisions are *.csdec files or pictures of QR codes',
    });
  }
  const findings = carried.flatMap((one) => admitFile(world, one));
  for (const finding of findings) showFinding(session, finding);
  const admissions = findings.flatMap((one) => (one.admission === undefined ? [] : [one.admission]));
  const { exitCode, fields } = importDocument(world, findings);
  run.output.document(fields);
  if (exitCode === ExitCode.verificationFailed) run.output.line(run.output.colours.dim(refusalHint));
  const approved = approvedNow(session, admissions);
  for (const id of approved) run.output.line(`approved  ${toHex(id)}: the quorum is complete`);
  if (options.flag('run')) {
    for (const id of approved) {
      const ended = await runAndReport(session, id);
      if (ended !== ExitCode.done) return ended;
    }
  }
  return exitCode;
});

function showFinding({ run: { output }, world }: Session, { path, admission, unreadable }: Finding): void {
  const { colours } = output;
  if (admission === undefined) {
    output.line(
      `${colours.red('refused')}   ${harmless(path)}: ${unreadable instanceof ExecutorError ? unreadable.message : 'no decision file'} [${unreadable?.code ?? ''}]`,
    );
    return;
  }
  const { judgement } = admission;
  switch (judgement.outcome) {
    case 'counted': {
      const { requestId, choice, note } = judgement.decision.record;
      const said = note === undefined ? '' : `: ${harmless(note)}`;
      output.line(
        `${colours.green('counted')}   ${choice} by ${judgement.counted.person} on ${toHex(requestId).slice(0, 8)}${said}`,
      );
      return;
    }
    case 'repeated':
      output.line(
        `${colours.dim('known')}     a decision on ${toHex(judgement.decision.record.requestId).slice(0, 8)} that is in the ledger already`,
      );
      return;
    case 'refused': {
      const who = judgement.authentic
        ? (world.chain().holder(judgement.decision.kid)?.person.id ?? 'unknown')
        : 'nobody in the roster';
      const kept = judgement.authentic ? 'logged, not counted' : 'not logged';
      output.line(
        `${colours.red('refused')}   ${harmless(path)}: signed by ${who}, ${kept} [${judgement.code}]`,
      );
      return;
    }
  }
}

function approvedNow({ world }: Session, admissions: readonly Admission[]): readonly Uint8Array[] {
  const ids = admissions.flatMap(({ judgement }) =>
    judgement.outcome === 'counted' ? [judgement.decision.record.requestId] : [],
  );
  const distinct = new Map(ids.map((id) => [toHex(id), id]));
  return [...distinct.values()].filter((id) => world.store.request(id)?.state === 'approved');
}
