import { sha256, utf8 } from '@countersign/codec';
import type { Request } from '@countersign/messages';
import { classify, encodeFacts } from '@countersign/sql';
import { Story, type Case } from '../test/model/story.ts';

const sql = `UPDATE orders SET status = 'cancelled', total_cents = 0
WHERE customer_id IN (SELECT id FROM customers WHERE city = 'Leeds' AND tier = 'basic') AND status = 'open'`;

/** A ledger with one sealed request of everyday size: a real statement, its facts, three changed tables. */
export function storyOfRequest(): { readonly story: Story; readonly asked: Case; readonly request: Request } {
  const story = new Story().begin();
  const statements = [{ sql, params: [] }];
  const asked = story.submit({ statements, reason: 'ticket 4711: open orders of closed branches' });
  story.verdict(asked);
  const count = { inserted: 0, updated: 12, deleted: 0 };
  story.request(asked, {
    facts: encodeFacts(classify(sql, 'sqlite')),
    target: {
      name: 'shop',
      engine: 'sqlite',
      serverVersion: '3.51.0',
      identity: sha256(utf8('shop database')),
      schema: sha256(utf8('shop schema')),
      session: [
        ['countersign.rows_imaged_max', '10000'],
        ['double_quoted_strings', 'off'],
        ['encoding', 'UTF-8'],
        ['foreign_keys', 'on'],
        ['ignore_check_constraints', 'off'],
        ['recursive_triggers', 'on'],
        ['trusted_schema', 'on'],
      ],
    },
    effect: {
      rows: 24,
      tables: [
        { table: 'audit', inserted: 12, updated: 0, deleted: 0 },
        { table: 'orders', ...count },
      ],
      diffDigest: sha256(utf8('diff')),
      diffSize: 1800,
      complete: true,
      notPreviewed: [],
      schemaChanges: [],
    },
  });
  const { request } = asked;
  if (request === undefined) throw new Error('the story made no request');
  return { story, asked, request };
}
