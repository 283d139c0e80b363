import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '@countersign/codec';
import { decodePem, encodePem, generateKey } from '@countersign/keys';
import { loadPrivateKey, nodeSigner, savePrivateKey, systemRandom } from '../src/index.ts';
import { keptSurroundings } from './streams.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const passphrase = 'a quiet lake at noon';

/** Runs a command on a terminal of its own and types the passphrase at each question. */
async function runTyping(command: string): Promise<void> {
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  for await (const chunk of child.stdout)
    if (/passphrase[^:\n]*: ?$/i.test(String(chunk))) child.stdin.write(`${passphrase}\n`);
  expect((await ended)[0]).toBe(0);
}

describe('openssl', () => {
  const pair = generateKey(systemRandom(32));

  test('reads our PEM as the same key', () => {
    const text = execFileSync('openssl', ['pkey', '-pubout', '-outform', 'DER'], {
      input: encodePem(pair.seed),
    });
    expect(text.subarray(12).toString('hex')).toBe(toHex(pair.publicKey));
  });

  test('writes a PEM that we read', () => {
    const pem = execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519']);
    expect(Buffer.from(encodePem(decodePem(pem))).equals(pem)).toBe(true);
  });

  test('verifies what the native signer signed', () => {
    const directory = temporaryDirectory();
    const path = (name: string): string => join(directory, name);
    writeFileSync(path('key'), encodePem(pair.seed));
    writeFileSync(path('message'), 'message');
    writeFileSync(path('signature'), nodeSigner(pair.seed).sign(utf8('message')));
    const files = ['-inkey', path('key'), '-rawin', '-in', path('message'), '-sigfile', path('signature')];
    expect(execFileSync('openssl', ['pkeyutl', '-verify', ...files]).toString()).toContain(
      'Verified Successfully',
    );
  });
});

// The test set-up installs age; without it these fail rather than pass for want of a peer.
describe('age', () => {
  test('opens our key file, and openssl reads what is in it', async () => {
    const directory = temporaryDirectory();
    const { seed } = generateKey(systemRandom(32));
    await savePrivateKey(join(directory, 'a.cskey'), seed, passphrase);
    await runTyping(`cd '${directory}' && age -d -o a.pem a.cskey`);
    expect(decodePem(readFileSync(join(directory, 'a.pem')))).toEqual(seed);
  });

  test('writes a key file that we open', async () => {
    const directory = temporaryDirectory();
    const { seed } = generateKey(systemRandom(32));
    writeFileSync(join(directory, 'a.pem'), encodePem(seed));
    await runTyping(`cd '${directory}' && umask 077 && age -p -o a.cskey a.pem`);
    const source = { surroundings: keptSurroundings([], { COUNTERSIGN_PASSPHRASE: passphrase }) };
    expect((await loadPrivateKey(join(directory, 'a.cskey'), source)).seed).toEqual(seed);
  });
});
