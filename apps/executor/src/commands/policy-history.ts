import { equalBytes, toHex } from '@countersign/codec';
import { encodeNote } from '@countersign/ledger';
import { loadPolicy } from '@countersign/policy';
import { ExitCode, failureOf, formatTime, type Implementation } from '@countersign/program';
import { resolve } from 'node:path';
import { loadIdentity } from '../home/identity.ts';
import { readPolicyFiles } from '../home/policy-folder.ts';
import { restorePolicy } from '../home/policy-restore.ts';
import { takeLock } from '../home/process-lock.ts';
import { listed } from '../listed.ts';
import { noteText } from '../note-text.ts';
import { recordedPolicies, recordedPolicy } from '../stages/policy-history.ts';
import { record } from '../stages/record.ts';
import type { World } from '../world.ts';
import { inHome } from './session.ts';
import { tableLines } from './table-text.ts';

const lockWaitMs = 10_000;

/** `policy list`: every policy that the ledger recorded, and when it came into force. */
export const policyList: Implementation = inHome(({ world, run: { output } }) => {
  const recorded = recordedPolicies(world);
  const last = recorded.at(-1);
  const now = inFolder(world);
  const waiting = last === undefined || typeof now === 'string' || !equalBytes(last.digest, now);
  output.document({
    code: 'policy/listed',
    policies: recorded.map(({ index, madeAt, digest, files }) => ({
      index,
      madeAt: formatTime(madeAt),
      digest,
      files: files.map(({ path }) => path),
      inForce: index === last?.index && !waiting,
    })),
    folderDigest: typeof now === 'string' ? null : now,
  });
  const rows = recorded.map(({ index, madeAt, digest, files }) => [
    String(index),
    formatTime(madeAt),
    toHex(digest),
    `${files.length} files${index === last?.index && !waiting ? ', in force' : ''}`,
  ]);
  for (const line of tableLines(['entry', 'since', 'digest', ''], rows)) output.line(line);
  if (typeof now === 'string') output.line(output.colours.yellow(`the folder holds no policy: ${now}`));
  else if (waiting)
    output.line(
      output.colours.yellow(`the folder holds ${toHex(now)}, which comes into force when it is first used`),
    );
  return ExitCode.done;
});

/** `policy restore`: puts back the files of a policy that the ledger recorded, and has them come into force. */
export const policyRestore: Implementation = inHome(
  async ({ world, run, arguments: [typed = ''], options }) => {
    const { output } = run;
    const identity = await loadIdentity(world, run, {
      as: options.text('as'),
      passphraseFile: options.text('passphraseFile'),
    });
    const { digest, files } = recordedPolicy(world, typed);
    const isRecorded = (other: Uint8Array): boolean =>
      recordedPolicies(world).some((one) => equalBytes(one.digest, other));
    const lock = takeLock(world.paths.locks, 'policy', lockWaitMs);
    try {
      const restored = restorePolicy(directoryOf(world), digest, files, isRecorded);
      const text = noteText(`restored ${toHex(digest)}${reasonOf(options.text('reason'))}`);
      record(world, (append) =>
        append(
          'operator',
          encodeNote('operator', { person: identity.person.id, verb: 'policy-restore', text }),
        ),
      );
      world.rereadPolicy();
      // Asking for it is what records it.
      const inForce = world.policy();
      output.document({
        code: 'policy/restored',
        policyDigest: inForce.digest,
        ...restored,
        saved: restored.saved ?? null,
      });
      output.line(`${output.colours.green('restored')}  ${toHex(inForce.digest)}`);
      if (!equalBytes(inForce.digest, digest))
        output.line(
          output.colours.yellow(
            `the rules are those of ${toHex(digest)}; the Rego policies of the targets are not, and are no files of the folder`,
          ),
        );
      output.line(`written   ${listed(restored.written, 'nothing, they were so already')}`);
      if (restored.removed.length > 0) output.line(`removed   ${listed(restored.removed)}`);
      if (restored.saved !== undefined)
        output.line(`saved     what was there, and in no record, is in ${restored.saved}`);
      return ExitCode.done;
    } finally {
      lock.release();
    }
  },
);

/** Returns the digest of what lies in the folder, or why that is nothing: then the list is needed most. */
function inFolder(world: World): Uint8Array | string {
  try {
    const rego = world.regoFile();
    const files = readPolicyFiles(directoryOf(world));
    return loadPolicy(rego === undefined ? files : [...files, rego]).digest;
  } catch (thrown) {
    return failureOf(thrown).message;
  }
}

function directoryOf(world: World): string {
  return resolve(world.paths.directory, world.configuration.policy);
}

function reasonOf(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`;
}
