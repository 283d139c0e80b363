import { toHex } from '@countersign/codec';
import type { World } from '../world.ts';
import type { Notice } from './notice.ts';

/** Returns a message that tells of nothing: what a channel is tried with. */
export function testNotice({ clock, random }: Pick<World, 'clock' | 'random'>): Notice {
  const at = clock();
  return {
    id: `cs_test_${toHex(random(16))}`,
    event: 'test',
    code: undefined,
    at,
    requestId: '0'.repeat(32),
    target: 'none',
    submitter: { id: 'nobody', kind: 'human' },
    emergency: false,
    kinds: ['select'],
    rows: 0,
    ran: undefined,
    words: 'this is only a test',
    reviewBy: at,
    runBy: at,
    decision: undefined,
    details: {},
  };
}
