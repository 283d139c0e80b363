import { admitKey, keyId, toHex } from '@countersign/codec';
import { keyStanding, type Person } from '@countersign/messages';
import { ExitCode, formatTime, ProgramError, type Implementation } from '@countersign/program';
import { loadIdentity } from '../home/identity.ts';
import { listed } from '../listed.ts';
import { revokeIdentity, withdrawWaiting } from '../stages/revoke.ts';
import { closeDue } from '../stages/expire.ts';
import { refusedKeys, type RefusedKey } from '../store/refused-keys.ts';
import type { World } from '../world.ts';
import { inHome } from './session.ts';
import { tableLines } from './table-text.ts';

/** `identity list`: who may submit, with which keys, and which of them are good. */
export const identityList: Implementation = inHome(({ world, run: { output } }) => {
  const { current } = world.chain();
  const refused = refusedKeys(world.store);
  const people = current.roster.persons.filter((person) => current.permits(person, 'submit'));
  const identities = people.map(({ id, name, kind, roles, keys }) => ({
    id,
    name,
    kind,
    roles,
    keys: keys.map(({ publicKey }) => keyLine(world, refused, keyId(admitKey(publicKey)))),
    tokens: tokensOf(world, id),
  }));
  output.document({ code: 'identity/listed', identities });
  const lines = identities.flatMap(({ id, kind, roles, keys, tokens }) =>
    keys.map(({ kid, standing }) => [id, kind, listed(roles), toHex(kid), standing, listed(tokens)]),
  );
  const table = tableLines(['id', 'kind', 'roles', 'key', 'standing', 'tokens'], lines);
  table.forEach((line, index) => output.line(index === 0 ? output.colours.dim(line) : line));
  return ExitCode.done;
});

type Standing = 'valid' | 'not-yet-valid' | 'expired' | 'revoked' | 'revoked-here';

interface KeyLine {
  readonly kid: Uint8Array;
  readonly standing: Standing;
  readonly revokedAt?: string;
  readonly revokedBy?: string;
  readonly reason?: string;
}

function keyLine(world: World, refused: readonly RefusedKey[], kid: Uint8Array): KeyLine {
  const here = refused.find((one) => toHex(one.kid) === toHex(kid));
  const standing = standingOf(world, kid, here !== undefined);
  if (here === undefined) return { kid, standing };
  return { kid, standing, revokedAt: formatTime(here.at), revokedBy: here.person, reason: here.reason };
}

function standingOf(world: World, kid: Uint8Array, here: boolean): Standing {
  const chain = world.chain();
  if (chain.isRevokedAt(kid, world.ledger.size)) return 'revoked';
  if (here) return 'revoked-here';
  const holder = chain.current.holder(kid);
  return holder === undefined ? 'revoked' : keyStanding(holder, world.clock());
}

/** The subjects of workload tokens that speak for an identity. */
function tokensOf({ configuration }: World, id: Person['id']): readonly string[] {
  return configuration.serve.tokens.flatMap(({ subjects }) =>
    subjects.flatMap(({ pattern, identity }) => (identity === id ? [pattern] : [])),
  );
}

const waitingHint =
  'what it submitted before is not carried out and does not run; the same command with --withdraw takes it back; ';

const movedHint = 'what is not withdrawn moved meanwhile: see it with `countersign show`; ';

/** `identity revoke`: this executor takes nothing more from a submitter. */
export const identityRevoke: Implementation = inHome(
  async ({ world, run, arguments: [named = ''], options }) => {
    const reason = options.text('reason');
    if (reason === undefined || reason.trim() === '')
      throw new ProgramError('usage/arguments', '--reason must say why; the ledger keeps it');
    const { person: by } = await loadIdentity(world, run, {
      as: options.text('as'),
      passphraseFile: options.text('passphraseFile'),
    });
    const withdraws = options.flag('withdraw');
    closeDue(world);
    const revoked = revokeIdentity(world, named, { by, reason });
    const { withdrawn, moved } = withdraws
      ? withdrawWaiting(world, revoked, { by, reason })
      : { withdrawn: [], moved: [] };
    const waiting = withdraws ? [] : revoked.waiting;
    const { keys } = revoked;
    const hint = `${waiting.length === 0 ? '' : waitingHint}${moved.length === 0 ? '' : movedHint}take the key out of the roster too, which alone ends approvals by it`;
    run.output.document({
      code: 'identity/revoked',
      identity: named,
      keys,
      waiting: waiting.map(({ id }) => id),
      withdrawn: withdrawn.map(({ id }) => id),
      notWithdrawn: moved.map(({ id, state }) => ({ requestId: id, state })),
      hint,
    });
    for (const kid of keys) run.output.line(`revoked  ${toHex(kid)}`);
    if (keys.length === 0) run.output.line('nothing to revoke: no key of it was good');
    for (const { id, target } of withdrawn) run.output.line(`withdrawn  ${toHex(id)}  ${target}`);
    for (const { id, state, target } of [...waiting, ...moved])
      run.output.line(`${state}  ${toHex(id)}  ${target}`);
    run.output.line(run.output.colours.dim(hint));
    return ExitCode.done;
  },
);
