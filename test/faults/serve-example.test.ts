import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { demoSeed } from '../../apps/executor/src/setup/demo-people.ts';
import { Lab, removeLabs } from './lab.ts';
import { serveLab, type Serving } from './serving.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const page = readFileSync(join(import.meta.dirname, '../../docs/serving.md'), 'utf8');
let lab: Lab;
let serving: Serving;

/** Writes a file that the page shows, and the key of the demonstration's service as PEM. */
beforeAll(async () => {
  lab = await Lab.make();
  for (const [, name = '', text = ''] of page.matchAll(/<!-- file: (\S+) -->\n```\w+\n([^]*?)```/g))
    writeFileSync(lab.path(name), text);
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), demoSeed('ci')]);
  const pem = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({
    format: 'pem',
    type: 'pkcs8',
  });
  writeFileSync(lab.path('ci.pem'), pem);
  serving = await serveLab(lab);
});
afterAll(async () => {
  await serving.stop();
  removeLabs();
});

function run(
  program: string,
  ...args: readonly string[]
): Promise<{ readonly exitCode: number; readonly stdout: string }> {
  const settings = { cwd: lab.root, env: { ...process.env, WAIT: '1' }, timeout: 60_000 };
  return new Promise((resolve) => {
    execFile(program, args, settings, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout: stdout === '' ? stderr : stdout });
    });
  });
}

test('the scripts of the page do what it says', async () => {
  const keyid = lab.approver('ci').kidText;
  const read = await run(
    process.execPath,
    'submit.mjs',
    serving.url,
    'ci.pem',
    keyid,
    'demo',
    'SELECT 7 AS seven',
    'a test',
  );
  expect(JSON.parse(read.stdout)).toMatchObject({ code: 'request/ran', results: [{ columns: ['seven'] }] });
  expect(read.exitCode).toBe(0);
  const denied = await run(
    process.execPath,
    'submit.mjs',
    serving.url,
    'ci.pem',
    keyid,
    'demo',
    'DELETE FROM orders',
    'a test',
  );
  expect([denied.exitCode, (JSON.parse(denied.stdout) as { code: string }).code]).toEqual([
    3,
    'request/denied',
  ]);
  const list = await run('bash', 'look.sh', serving.url, 'ci.pem', keyid, '/v1/requests?limit=5');
  expect(JSON.parse(list.stdout)).toMatchObject({
    code: 'request/listed',
    requests: [{ state: 'denied' }, { state: 'ran' }],
  });
});
