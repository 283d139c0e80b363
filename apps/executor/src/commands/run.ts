import { toHex } from '@countersign/codec';
import type { Effect } from '@countersign/messages';
import { ExitCode, ProgramError, type Implementation } from '@countersign/program';
import { harmless } from '@countersign/wording';
import { loadIdentity } from '../home/identity.ts';
import { againHint } from '../stages/again.ts';
import { requestNamed } from '../stages/request.ts';
import { runRequest } from '../stages/run.ts';
import { resolveRequest } from '../stages/settle.ts';
import { effectInReceipt } from '../stages/stored-diff.ts';
import { driftLines } from './drift-text.ts';
import { driftOfRow, requestDocument } from './request-document.ts';
import { runDocument } from './run-document.ts';
import { inHome, type Session } from './session.ts';

/** `run`: runs an approved request, once. */
export const run: Implementation = inHome((session) => {
  const {
    world,
    arguments: [typed = ''],
  } = session;
  return runAndReport(session, requestNamed(world, typed).id);
});

/** Runs a request and reports how it ended. */
export async function runAndReport({ world, run: { output } }: Session, id: Uint8Array): Promise<ExitCode> {
  const result = await output.during('running', () => runRequest(world, id));
  const drift = driftOfRow(result.row);
  const { exitCode, fields } = runDocument(world, result, drift);
  output.document(fields);
  switch (result.kind) {
    case 'executed': {
      const effect = effectInReceipt(result.row);
      output.line(`${output.colours.green('executed')}  ${toHex(id)}  ${tablesText(effect)}`);
      if (result.row.detail !== null) output.line(output.colours.dim(harmless(result.row.detail)));
      return exitCode;
    }
    case 'drifted': {
      output.line(`${output.colours.red('drifted')}  ${toHex(id)}  nothing was written: ${result.reason}`);
      if (drift !== undefined) for (const line of driftLines(drift, output.colours)) output.line(line);
      output.line(output.colours.dim(againHint(id)));
      return exitCode;
    }
  }
}

/** The tables that a run changed, each with its rows. */
function tablesText(effect: Effect | null | undefined): string {
  const tables = effect?.tables.map(
    ({ table, inserted, updated, deleted }) => `${table} +${inserted} ~${updated} -${deleted}`,
  );
  return tables?.join(', ') ?? 'which rows is not known';
}

/** `resolve`: says how a run ended whose outcome cannot be proved. */
export const resolve: Implementation = inHome(
  async ({ world, run: { output, ...rest }, arguments: [typed = ''], options }) => {
    const outcome = options.text('outcome');
    const reason = options.text('reason');
    if (outcome !== 'ran' && outcome !== 'did-not-run')
      throw new ProgramError('usage/arguments', '--outcome must be ran or did-not-run');
    if (reason === undefined || reason.trim() === '')
      throw new ProgramError('usage/arguments', '--reason must say how you know');
    const identity = await loadIdentity(
      world,
      { output, ...rest },
      { as: options.text('as'), passphraseFile: options.text('passphraseFile') },
    );
    const { id } = requestNamed(world, typed);
    const { row, by } = await resolveRequest(world, id, {
      ran: outcome === 'ran',
      person: identity.person.id,
      reason,
    });
    output.document({ code: `request/${row.state}`, resolvedBy: by, ...requestDocument(world, row) });
    output.line(
      `${row.state}  ${toHex(id)}  ${by === 'marker' ? 'the marker in the target decided' : `on the word of ${identity.person.id}`}`,
    );
    return ExitCode.done;
  },
);
