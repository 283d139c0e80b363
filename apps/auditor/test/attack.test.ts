import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extractRequest, verifyBundle } from '@countersign/ledger';
import { formatPublicKeyFile } from '@countersign/keys';
import { nodeVerifier } from '@countersign/program';
import { afterAll, expect, test } from 'vitest';
import { signerOf } from '../../../test/model/story-cast.ts';
import { Story } from '../../../test/model/story.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'audit-attack-'));
const root = file('root.pub', formatPublicKeyFile({ key: signerOf('root').publicKey, name: 'root' }));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function audit(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: { NO_COLOR: '1' } });
}

const forged = '\n    99  2026-11-21T09:30:00Z  decision          cafecafe  carol  approve';
const colour = '\u001b[31m\u001b[2m';

test('nothing that a ledger says makes a line, a colour or a column of a listing', () => {
  const story = new Story().begin();
  story.submit({ target: `shop${forged}${colour}`, reason: 'r' });
  story.note('operator', { person: `alice${forged}${colour}`, verb: `v${forged}`, text: `t${colour}\u202e` });
  const bundle = file('lines.csledger', story.bundle());
  const answer = audit('query', bundle, '--root', root);
  expect(answer.stderr).toBe('');
  const lines = answer.stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(story.ledger.size);
  expect(answer.stdout).not.toMatch(/[\u001b\u202e\t]/);
  for (const [index, line] of lines.entries()) expect(line.trimStart()).toMatch(new RegExp(`^${index} `));
});

test('a request to a target with a line end in its name is one line', () => {
  const story = new Story().begin();
  const about = story.submit({ target: `shop${forged}` });
  story.verdict(about);
  story.request(about);
  const answer = audit('query', file('target.csledger', story.bundle()), '--root', root);
  expect(answer.status).toBe(0);
  expect(answer.stdout.trimEnd().split('\n')).toHaveLength(story.ledger.size);
});

test('a time that no calendar has does not stop the auditor', () => {
  const story = new Story().begin();
  story.now = 2 ** 52;
  story.policy('policy of the far future');
  const bundle = file('late.csledger', story.bundle());
  const verify = audit('verify', bundle, '--root', root);
  expect(verify.stderr).toBe('');
  expect(verify.status).toBe(0);
  expect(audit('query', bundle, '--root', root).status).toBe(0);
});

test('evidence of one request says what it does not prove', () => {
  const story = new Story().begin();
  const asked = story.run();
  const anchor = { threshold: 1, keys: [signerOf('root').publicKey] };
  const ledger = verifyBundle(story.bundle(), { anchor, verifier: nodeVerifier });
  const path = file('one.csevidence', extractRequest(ledger, asked.id));
  const answer = audit('verify', path, '--root', root);
  expect(answer.status).toBe(0);
  expect(answer.stdout).toContain('that no others about this request do');
});
