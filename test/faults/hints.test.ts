import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.make();
}, 120_000);

/** Names a server that nothing listens for, with a password. */
function name(scheme: string, password: string): void {
  lab.configure((text) =>
    text
      .replace(/ {2}shop:\n(?: {4}.*\n)*/, '')
      .replace(
        'targets:\n',
        `targets:\n  shop:\n    url: ${scheme}://owner@127.0.0.1:1/shop\n    password: ${password}\n`,
      ),
  );
}

test.each(['postgres', 'mariadb'])(
  '%s: a password that is not there is told as that, by every command, with what to do',
  async (scheme) => {
    name(scheme, 'env:COUNTERSIGN_NOT_SET');
    const message = 'env:COUNTERSIGN_NOT_SET is named as the password of url of shop but is not set';
    const hint = expect.stringContaining('set the environment variable COUNTERSIGN_NOT_SET') as string;
    for (const words of [
      ['target', 'check', 'shop'],
      ['target', 'prepare', 'shop'],
      ['submit', '-t', 'shop', 'DELETE FROM t', '--reason', 'a test'],
      ['submit', '-t', 'shop', 'SELECT 1', '--reason', 'a test'],
    ])
      expect(await lab.ask(...words), words.join(' ')).toMatchObject({
        exitCode: 2,
        document: { code: 'configuration/secret', message, hint },
      });
    const { document } = await lab.ask('doctor');
    expect(document['findings']).toContainEqual({
      check: 'target',
      level: 'error',
      message: `${message} [configuration/secret]`,
      hint,
    });

    name(scheme, `file:${scheme}.password`);
    const missing = await lab.ask('target', 'check', 'shop');
    expect(missing).toMatchObject({ exitCode: 1, code: 'file/not-found' });
    expect(missing.document['message']).toContain(`${scheme}.password`);
    writeFileSync(join(lab.home, `${scheme}.password`), 'hunter2\n', { mode: 0o600 });
    expect(await lab.ask('target', 'check', 'shop')).toMatchObject({
      document: { code: 'target/unreachable', hint: expect.stringContaining('host and port') as string },
    });
  },
);

test('SQL that makes no sense is refused with what to do', async () => {
  const refused = await lab.ask(
    'submit',
    '-t',
    'demo',
    'UPDATE customers SET nowhere = 1 WHERE id = 1',
    '--reason',
    'a test',
  );
  expect(refused.document).toMatchObject({
    code: 'statement/invalid',
    hint: expect.stringContaining('target check') as string,
  });
});
