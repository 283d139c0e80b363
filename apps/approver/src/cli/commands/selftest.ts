import {
  admitKey,
  equalBytes,
  fromHex,
  nobleVerifier,
  seedSigner,
  utf8,
  verifySignature,
} from '@countersign/codec';
import { drawFrame, encodeFrames, FrameAssembler, readPicture, type CodeReader } from '@countersign/frames';
import {
  decodePng,
  encodePng,
  ExitCode,
  formatTime,
  loadPublicKey,
  nodeSigner,
  nodeVerifier,
  openCodeReader,
  openFileCarefully,
  systemClock,
  systemRandom,
  type Implementation,
  type Invocation,
} from '@countersign/program';
import { formatQuantity } from '@countersign/wording';
import { existsSync } from 'node:fs';
import { verifyJournal } from '../../core/journal.ts';
import { ApproverError } from '../approver-error.ts';
import { anchorOf, findHome, keyFilesAt, keyNames, type ApproverHome } from '../home.ts';
import { loadState } from '../memory.ts';

/** What one check found: a sentence, or a sentence about what is wrong. */
interface Finding {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly text: string;
}

// No machine that runs this program lives in an earlier year; a clock before it was never set.
const earliest = Date.UTC(2026, 0, 1) / 1000;
const latest = Date.UTC(2100, 0, 1) / 1000;
const keyBytesMax = 4096;
const codeColumns = 69;

/** `selftest`: everything that a decision needs of this machine. */
export const selftest: Implementation = async (invocation) => {
  const reader = await openCodeReader();
  const home = homeOrNone(invocation);
  const findings = [
    check('clock', () => testClock(home)),
    check('randomness', testRandom),
    check('signatures', testSignatures),
    check('codes', () => testCodes(reader)),
    ...(home === undefined
      ? [
          {
            name: 'home',
            outcome: 'skipped' as const,
            text: 'there is none yet: see `countersign-approver init`',
          },
        ]
      : [
          check('root', () => rootText(home)),
          ...keyNames(home).map((name) => check(`key ${name}`, () => testKey(home, name))),
        ]),
    testTerminal(invocation),
  ];
  return report(invocation, findings);
};

function rootText(home: ApproverHome): string {
  const { threshold, keys } = anchorOf(home);
  return `${threshold} of ${formatQuantity(keys.length, 'root key')} must sign a roster`;
}

function homeOrNone(invocation: Invocation): ApproverHome | undefined {
  try {
    return findHome(invocation);
  } catch (thrown) {
    if (thrown instanceof ApproverError && thrown.code === 'approver-home/not-found') return undefined;
    throw thrown;
  }
}

/** Whatever a check throws is its finding: the others are still made. */
function check(name: string, test: () => string): Finding {
  try {
    return { name, outcome: 'passed', text: test() };
  } catch (thrown) {
    return { name, outcome: 'failed', text: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

function testClock(home: ApproverHome | undefined): string {
  const now = systemClock();
  if (now < earliest || now > latest) throw new Error(`the clock says ${formatTime(now)}: set it`);
  const last = Math.max(
    0,
    ...(home === undefined ? [] : keyNames(home).map((name) => lastDecisionAt(home, name))),
  );
  if (last > now)
    throw new Error(
      `the clock says ${formatTime(now)}, but your last decision is of ${formatTime(last)}: set it`,
    );
  return `${formatTime(now)}; compare it with a clock you trust`;
}

function lastDecisionAt(home: ApproverHome, name: string): number {
  const files = keyFilesAt(home, name);
  const state = loadState(files);
  if (state === null || !existsSync(files.publicKey)) return 0;
  const decisions = verifyJournal(state, loadPublicKey(files.publicKey).key, nodeVerifier);
  return Math.max(0, ...decisions.map(({ decision }) => decision.madeAt));
}

function testRandom(): string {
  const draws = [systemRandom(32), systemRandom(32)] as const;
  if (equalBytes(draws[0], draws[1])) throw new Error('two random numbers were the same');
  return 'random numbers differ';
}

// RFC 8032 section 7.1, test 2.
const seed = '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb';
const publicKey = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c';
const signature =
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';

function testSignatures(): string {
  const message = Uint8Array.of(0x72);
  const key = admitKey(fromHex(publicKey));
  for (const signer of [nodeSigner(fromHex(seed)), seedSigner(fromHex(seed))]) {
    if (!equalBytes(signer.sign(message), fromHex(signature)))
      throw new Error('a signature came out otherwise');
  }
  for (const verifier of [nodeVerifier, nobleVerifier]) {
    verifySignature(verifier, key, message, fromHex(signature));
    if (accepts(() => verifySignature(verifier, key, utf8('another'), fromHex(signature))))
      throw new Error('a wrong signature was accepted');
  }
  return 'Ed25519 signs and verifies rightly, by both implementations';
}

function accepts(verify: () => void): boolean {
  try {
    verify();
    return true;
  } catch {
    return false;
  }
}

function testCodes(reader: CodeReader): string {
  const message = systemRandom(3000);
  const frames = encodeFrames(message);
  const assembler = new FrameAssembler({ streamsMax: 1, messagesMax: 1 });
  for (let index = 0; index < frames.minimumFrames; index += 1) {
    const { rgba, width, height } = decodePng(encodePng(drawFrame(frames.frame(index), {})));
    for (const code of readPicture(rgba, width, height, reader)) assembler.add(code);
  }
  const read = assembler.message(frames.messageId);
  if (read === undefined || !equalBytes(read, message)) throw new Error('a drawn code was not read back');
  return `${frames.minimumFrames} QR codes drawn and read back by the ${reader.name} reader`;
}

function testKey(home: ApproverHome, name: string): string {
  const files = keyFilesAt(home, name);
  const { mode } = openFileCarefully(files.privateKey, { bytesMax: keyBytesMax });
  if ((mode & 0o077) !== 0) throw new Error(`others may read ${files.privateKey}: chmod 600`);
  const state = loadState(files);
  if (state === null) return 'has not decided yet';
  const count = verifyJournal(state, loadPublicKey(files.publicKey).key, nodeVerifier).length;
  return `its journal of ${formatQuantity(count, 'decision')} is unbroken`;
}

function testTerminal({ run: { surroundings } }: Invocation): Finding {
  const { stdout } = surroundings;
  if (stdout.isTTY !== true)
    return { name: 'terminal', outcome: 'skipped', text: 'the output is no terminal' };
  const columns = stdout.columns ?? 0;
  if (columns < codeColumns)
    return {
      name: 'terminal',
      outcome: 'failed',
      text: `${columns} columns, too few for a QR code: widen it to ${codeColumns}`,
    };
  return { name: 'terminal', outcome: 'passed', text: `${columns} columns` };
}

const marks = { passed: '✓', failed: '✗', skipped: '-' } as const;

function report({ run: { output } }: Invocation, findings: readonly Finding[]): ExitCode {
  const failed = findings.filter(({ outcome }) => outcome === 'failed').length;
  output.document({ code: failed === 0 ? 'selftest/passed' : 'selftest/failed', checks: findings });
  const paints = { passed: output.colours.green, failed: output.colours.red, skipped: output.colours.dim };
  for (const { name, outcome, text } of findings)
    output.line(`${paints[outcome](marks[outcome])} ${name.padEnd(12)} ${text}`);
  return failed === 0 ? ExitCode.done : ExitCode.error;
}
