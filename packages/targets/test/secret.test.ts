import { openTarget } from '@countersign/targets';
import type { Target } from '@countersign/targets';
import { expect, test } from 'vitest';
import { statement } from './temporary-database.ts';

class Unread extends Error {
  readonly code = 'configuration/secret';
}

const looks: readonly (readonly [what: string, act: (target: Target) => Promise<unknown>])[] = [
  ['a look', (target) => target.inspect()],
  ['a preparation', (target) => target.prepare()],
  ['a dry run', (target) => target.dryRun([statement('DELETE FROM t')])],
  ['a read', (target) => target.read([statement('SELECT 1')])],
  ['a count', (target) => target.rowCounts()],
  ['the marker', (target) => target.marker(new Uint8Array(16))],
];

test.each(['postgres', 'mariadb'].flatMap((scheme) => looks.map((look) => [scheme, ...look] as const)))(
  '%s: a password that cannot be read is told as that by %s, before anything is connected',
  async (scheme, _what, act) => {
    const unread = new Unread('env:SHOP_PASSWORD is not set');
    const password = (): string => {
      throw unread;
    };
    const url = `${scheme}://owner@127.0.0.1:1/shop`;
    const target = openTarget({ name: 'shop', url, password, read: { url, password } });
    expect(await act(target).catch((cause: unknown) => cause)).toBe(unread);
    await target.close();
  },
);
