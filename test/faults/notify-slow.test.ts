import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { deliverDue, type Attempt } from '../../apps/executor/src/notify/deliver.ts';
import { Hook } from '../servers/hook.ts';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);

/** A port on which whoever connects hears nothing. */
async function silentPort() {
  const server = createServer((socket) => socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

test('a channel that is silent is left after one bounded attempt, and others are sent meanwhile', async () => {
  const [lab, hook, silent] = [await Lab.make(), await Hook.start(), await silentPort()];
  await lab.ask('key', 'webhook', join(lab.home, 'hook.key'));
  const channel = (name: string, url: string): string =>
    `  ${name}: { kind: webhook, url: "${url}", key: file:hook.key, events: [requested], networks: [127.0.0.0/8] }\n`;
  const lines = channel('slow', `http://127.0.0.1:${silent.port}/`) + channel('hook', hook.url());
  lab.configure((text) => `${text}\nnotify:\n${lines}`);
  const update = "UPDATE customers SET tier = 'gold' WHERE id = 1";
  for (let times = 0; times < 2; times += 1) await lab.submit(update);
  // Without time for a second message: each channel sends one, and whoever calls is back.
  const bounds = { attemptMs: 300, passMs: 0 };
  const pass = (): Promise<readonly Attempt[]> =>
    lab.inWorld((world) => deliverDue(world, {}, new AbortController().signal, bounds));
  const failure = expect.stringContaining('(timeout)') as string;
  expect(await pass()).toMatchObject([{ channel: 'slow', failure }, { channel: 'hook' }]);
  expect(hook.received).toHaveLength(1);
  expect(await pass()).toMatchObject([{ channel: 'slow', failure }, { channel: 'hook' }]);
  expect(hook.received).toHaveLength(2);
  await hook.stop();
  await silent.stop();
}, 120_000);
