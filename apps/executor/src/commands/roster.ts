import { equalBytes, sha256, toHex } from '@countersign/codec';
import { digestWords } from '@countersign/keys';
import {
  allKeys,
  checkRoster,
  decodeRoster,
  decodeSignedRoster,
  encodeRoster,
  encodeSignedRoster,
  extendRosterChain,
  rosterDifference,
  signRosterPayload,
  type Change,
  type Roster,
  type RosterDifference,
} from '@countersign/messages';
import {
  ExitCode,
  loadPrivateKey,
  ProgramError,
  readFileCarefully,
  refuseExampleKey,
  writeFileAtomically,
  type Output,
  type Implementation,
} from '@countersign/program';
import { dirname, resolve } from 'node:path';
import { record } from '../stages/record.ts';
import { formatRosterFile, parseRosterFile } from '../setup/roster-file.ts';
import { inHome } from './session.ts';

const rosterBytesMax = 1_048_576;

/** `roster show`: who may submit, approve and audit. */
export const rosterShow: Implementation = inHome(({ world, run: { output }, options }) => {
  const { roster, hash } = world.chain().current;
  output.document({ code: 'roster/shown', number: roster.number, hash, words: digestWords(hash), roster });
  if (options.flag('yaml')) {
    output.drawing(formatRosterFile(roster));
    return ExitCode.done;
  }
  output.line(`roster ${roster.number}  ${output.colours.bold(digestWords(hash))}`);
  for (const { name, may, peopleMin } of roster.roles)
    output.line(`role    ${name.padEnd(12)} may ${may.join(', ')}; at least ${peopleMin} people`);
  for (const { id, name, kind, roles, keys } of roster.persons) {
    output.line(
      `${kind.padEnd(7)} ${id.padEnd(12)} ${name}; ${roles.join(', ')}; ${keys.length} key${keys.length === 1 ? '' : 's'}`,
    );
  }
  for (const { kid, fromIndex } of roster.revocations)
    output.line(output.colours.red(`revoked ${toHex(kid).slice(0, 16)} from entry ${fromIndex}`));
  return ExitCode.done;
});

/** `roster propose`: makes the next roster from a YAML file, not yet signed. */
export const rosterPropose: Implementation = inHome(
  ({ world, run: { output }, arguments: [path = ''], options }) => {
    const { roster: before, hash: beforeHash } = world.chain().current;
    const text = new TextDecoder('utf-8').decode(readFileCarefully(path, { bytesMax: rosterBytesMax }));
    const next = parseRosterFile(text, path, {
      before,
      beforeHash,
      madeAt: world.clock(),
      ledgerSize: world.ledger.size,
    });
    checkRoster(next);
    refuseExampleKeys(next, world.paths.directory);
    const payload = encodeRoster(next);
    const out = options.text('out') ?? 'next.csroster';
    writeFileAtomically(out, encodeSignedRoster({ version: 1, payload, envelopes: [] }), { overwrite: true });
    reportRoster(output, 'roster/proposed', payload, rosterDifference(before, next));
    output.line(
      `wrote ${out}: ${before.root.threshold} of the root keys must sign it (countersign roster sign ${out} --key ROOT.cskey)`,
    );
    return ExitCode.done;
  },
);

/** `roster sign`: adds the signature of a root key. Needs no home: root keys live elsewhere. */
export const rosterSign: Implementation = async ({ run, arguments: [path = ''], options }) => {
  const keyPath = options.text('key');
  if (keyPath === undefined)
    throw new ProgramError('usage/arguments', '--key must name the private root key');
  const signed = decodeSignedRoster(readFileCarefully(path, { bytesMax: rosterBytesMax }));
  const roster = decodeRoster(signed.payload);
  checkRoster(roster);
  const { signer, publicKey } = await loadPrivateKey(
    keyPath,
    { file: options.text('passphraseFile'), surroundings: run.surroundings },
    { allowUnencrypted: true },
  );
  refuseExampleKey(publicKey, dirname(resolve(path)));
  if (!roster.root.keys.some((key) => equalBytes(key, publicKey))) {
    run.output.note(
      'this key is no root key of the new roster: its signature is right only if it was one of the roster before',
    );
  }
  const envelope = signRosterPayload(signed.payload, signer);
  const others = signed.envelopes.filter((one) => toHex(one) !== toHex(envelope));
  writeFileAtomically(path, encodeSignedRoster({ ...signed, envelopes: [...others, envelope] }), {
    overwrite: true,
  });
  run.output.document({
    code: 'roster/signed',
    file: path,
    number: roster.number,
    hash: sha256(signed.payload),
    words: digestWords(sha256(signed.payload)),
    signatures: others.length + 1,
  });
  run.output.line(
    `signed  roster ${roster.number}  ${run.output.colours.bold(digestWords(sha256(signed.payload)))}  ${others.length + 1} signature${others.length === 0 ? '' : 's'}`,
  );
  return ExitCode.done;
};

/** `roster install`: takes a roster into force. */
export const rosterInstall: Implementation = inHome(({ world, run: { output }, arguments: [path = ''] }) => {
  const bytes = readFileCarefully(path, { bytesMax: rosterBytesMax });
  const difference = record(world, (append): RosterDifference => {
    const before = world.chain();
    const after = extendRosterChain(before, bytes, world.verifier);
    refuseExampleKeys(after.current.roster, world.paths.directory);
    append('roster', bytes);
    return rosterDifference(before.current.roster, after.current.roster);
  });
  reportRoster(output, 'roster/installed', decodeSignedRoster(bytes).payload, difference);
  return ExitCode.done;
});

/** A published key in a real roster would let anyone approve. */
function refuseExampleKeys(roster: Roster, home: string): void {
  for (const key of allKeys(roster)) refuseExampleKey(key, home);
}

function reportRoster(output: Output, code: string, payload: Uint8Array, difference: RosterDifference): void {
  const roster: Roster = decodeRoster(payload);
  const hash = sha256(payload);
  output.document({ code, number: roster.number, hash, words: digestWords(hash), difference });
  output.line(`roster ${roster.number}  ${output.colours.bold(digestWords(hash))}`);
  const mark = { added: '+', removed: '-', altered: '~' };
  for (const one of difference.persons)
    output.line(`${mark[one.change]} person ${nameOf(one, ({ id }) => id)}`);
  for (const one of difference.roles)
    output.line(`${mark[one.change]} role ${nameOf(one, ({ name }) => name)}`);
  for (const one of difference.executors)
    output.line(`${mark[one.change]} executor ${nameOf(one, ({ origin }) => origin)}`);
  for (const one of difference.revocations)
    output.line(`${mark[one.change]} revocation of ${nameOf(one, ({ kid }) => toHex(kid).slice(0, 16))}`);
  if (difference.root !== null)
    output.line(`~ root keys: ${difference.root.after.threshold} of ${difference.root.after.keys.length}`);
}

function nameOf<T>(one: Change<T>, name: (item: T) => string): string {
  return name(one.change === 'removed' ? one.before : one.after);
}
