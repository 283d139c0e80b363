import { toHex } from '@countersign/codec';
import { digestWords } from '@countersign/keys';
import { encodeRoster, type RosterChain, type RosterDifference } from '@countersign/messages';
import {
  ExitCode,
  nodeVerifier,
  readCarried,
  type Implementation,
  type Invocation,
} from '@countersign/program';
import { plainText, rosterChangeLines } from '@countersign/wording';
import { held, updateRosters } from '../../core/update-rosters.ts';
import { ApproverError } from '../approver-error.ts';
import { anchorOf, findHome, keyFilesAt, keyNames, type ApproverHome } from '../home.ts';
import { loadState, saveState } from '../memory.ts';
import { withProcessLock } from '../process-lock.ts';
import { ask, canAsk } from '../question.ts';
import { refusalOr, reportRefusal } from '../refusal.ts';
import { storedRosters, storeRosters } from '../roster-store.ts';
import { parseCount } from '../wish.ts';

/** `roster show`: the newest roster that this machine verified and a person accepted. */
export const rosterShow: Implementation = (invocation) => Promise.resolve(showRoster(invocation));

function showRoster(invocation: Invocation): ExitCode {
  const home = findHome(invocation);
  const anchor = anchorOf(home);
  const known = storedRosters(home);
  if (known.length === 0) {
    throw new ApproverError('roster/not-installed', 'no roster has come to this machine yet', {
      hint: 'it comes with the first request that you decide on, or by `roster install FILE`',
    });
  }
  const seen = refusalOr(home.rosters, () => updateRosters(known, [], anchor, nodeVerifier));
  if ('refusal' in seen) return reportRefusal(invocation.run, seen.refusal);
  const { roster, hash } = seen.value.chain.current;
  const { output } = invocation.run;
  output.document({ code: 'roster/shown', number: roster.number, hash, words: digestWords(hash), roster });
  rosterLines(invocation, seen.value.chain);
  for (const { kid, fromIndex } of roster.revocations)
    output.line(output.colours.red(`revoked ${toHex(kid).slice(0, 16)} from entry ${fromIndex}`));
  return ExitCode.done;
}

function rosterLines({ run: { output } }: Invocation, { current: { roster, hash } }: RosterChain): void {
  output.line(`roster ${roster.number}  ${output.colours.bold(digestWords(hash))}`);
  for (const { name, may, peopleMin } of roster.roles)
    output.line(`role    ${name.padEnd(12)} may ${may.join(', ')}; at least ${peopleMin} people`);
  for (const { id, name, kind, roles, keys } of roster.persons) {
    const count = `${keys.length} key${keys.length === 1 ? '' : 's'}`;
    output.line(`${kind.padEnd(7)} ${id.padEnd(12)} ${name}; ${roles.join(', ')}; ${count}`);
  }
}

/** `roster install`: takes up carried rosters, once a person has seen what they change. */
export const rosterInstall: Implementation = async (invocation) => {
  const { run, arguments: paths } = invocation;
  const home = findHome(invocation);
  const anchor = anchorOf(home);
  const carried = await readCarried(paths, {
    suffix: '.csroster',
    note: (text) => run.output.note(text),
  });
  if (carried.length === 0) {
    throw new ApproverError('carried/none', `no roster in ${paths.join(', ')}`, {
      hint: 'rosters are *.csroster files or pictures of QR codes',
    });
  }
  const known = storedRosters(home);
  const seen = refusalOr(carried[0]?.path ?? '', () =>
    updateRosters(
      known,
      carried.map(({ bytes }) => bytes),
      anchor,
      nodeVerifier,
      confirmedRosters(home),
    ),
  );
  if ('refusal' in seen) return reportRefusal(run, seen.refusal);
  const { chain, added, difference } = seen.value;
  const { roster, hash } = chain.current;
  const fields = { number: roster.number, hash, words: digestWords(hash), difference };
  run.output.document({ code: 'roster/unconfirmed', ...fields });
  rosterLines(invocation, chain);
  if (difference !== null) {
    for (const line of differenceLines(difference)) run.output.line(line);
    await confirmRoster(invocation, roster.number);
  }
  storeRosters(home, added);
  rememberRoster(home, chain);
  run.output.document({ code: added.length === 0 ? 'roster/known' : 'roster/installed', ...fields });
  run.output.line(
    added.length === 0 ? 'this roster was installed already' : `installed roster ${roster.number}`,
  );
  return ExitCode.done;
};

async function confirmRoster({ run, options }: Invocation, number: number): Promise<void> {
  const option = options.text('acceptRoster');
  const asks = option === undefined && canAsk(run.surroundings);
  const typed = asks
    ? await ask(
        run.surroundings,
        `compare this with those who hold the root keys; to accept it, type ${number}: `,
      )
    : option;
  if (typed !== undefined && parseCount(typed, '--accept-roster') === number) return;
  throw new ApproverError('confirm/roster', `roster ${number} was not confirmed`, {
    hint: `compare the change above with those who hold the root keys, then give --accept-roster ${number}`,
  });
}

/** What the keys of the home have confirmed: it lies beside them, and outlives the folder of rosters. */
function confirmedRosters(home: ApproverHome): readonly Uint8Array[] {
  return keyNames(home).flatMap((name) => {
    const roster = loadState(keyFilesAt(home, name))?.roster ?? null;
    return roster === null ? [] : [roster];
  });
}

/** Every key of the home that has decided before must not be asked about this change again. */
function rememberRoster(home: ApproverHome, chain: RosterChain): void {
  const payload = encodeRoster(chain.current.roster);
  for (const name of keyNames(home)) {
    const files = keyFilesAt(home, name);
    withProcessLock(files.lock, () => {
      const state = loadState(files);
      if (state === null || toHex(state.domain) !== toHex(chain.domain)) return;
      // Asked again under the lock: a decision may have confirmed a newer one since.
      if (state.roster !== null) held(chain, state.roster);
      saveState(files, { ...state, roster: payload });
    });
  }
}

function differenceLines(difference: RosterDifference): readonly string[] {
  const items = rosterChangeLines(difference).flatMap((block) => ('spans' in block ? [block.spans] : []));
  return [`changes from roster ${difference.fromNumber}:`, ...items.map(plainText)];
}
