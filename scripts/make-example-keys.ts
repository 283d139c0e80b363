/**
 * Writes keys.example/ and the list of its keys that programs refuse. The seeds are those of the names below and never change;
 * the encrypted files do with every run, since their salts are random, so this runs only when a name is added.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '@countersign/codec';
import { encodePem, formatPublicKeyFile, formatRootFile, generateKey, lockKey } from '@countersign/keys';
import { nodeScrypt, systemRandom } from '@countersign/program';

const repository = join(import.meta.dirname, '..');
const seedPrefix = 'countersign example key v1: ';
const passphrase = 'countersign-demo';
const withPassphrase: readonly string[] = ['ada', 'ben', 'carol'];
const names: readonly string[] = ['root-1', 'executor', 'olivia', ...withPassphrase, 'agent-7', 'ci'];

function sha256(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}

async function makeKey(directory: string, name: string): Promise<string> {
  const { seed, publicKey } = generateKey(new Uint8Array(sha256(seedPrefix + name)));
  const bytes = withPassphrase.includes(name)
    ? await lockKey(seed, { passphrase, random: systemRandom, scrypt: nodeScrypt })
    : encodePem(seed);
  writeFileSync(join(directory, `${name}.cskey`), bytes);
  writeFileSync(join(directory, `${name}.cspub`), formatPublicKeyFile({ key: publicKey, name }));
  if (name === 'root-1') {
    const root = formatRootFile({ threshold: 1, keys: [{ key: publicKey, name }] });
    writeFileSync(join(directory, 'root.pub'), root);
  }
  return `  {
    name: '${name}',
    publicKey: '${toHex(publicKey)}',
    fileSha256: '${sha256(bytes).toString('hex')}',
  },
`;
}

const directory = join(repository, 'keys.example');
mkdirSync(directory, { recursive: true });
const items: string[] = [];
for (const name of names) items.push(await makeKey(directory, name));
writeFileSync(
  join(repository, 'packages/keys/src/example-keys.ts'),
  `// Written by scripts/make-example-keys.ts.

export interface ExampleKey {
  readonly name: string;
  /** 64 hex digits. */
  readonly publicKey: string;
  /** SHA-256 of the committed \`.cskey\` file, 64 hex digits. */
  readonly fileSha256: string;
}

/** The keys of \`keys.example/\`, whose private halves everybody has. */
export const exampleKeys: readonly ExampleKey[] = [
${items.join('')}];
`,
);
