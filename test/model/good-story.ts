// One honest ledger, the same bytes each time.
import { keyId } from '@countersign/codec';
import { rootAt } from '@countersign/ledger';
import { signerOf } from './story-cast.ts';
import { requestHash, Story } from './story.ts';

/** An honest ledger of one run that was declared an emergency: one person approves instead of two. */
export function emergencyStory(): Story {
  const story = new Story().begin();
  const made = story.submit({ breakGlass: true, reason: 'the shop takes no orders' });
  story.verdict(made, { rules: ['emergency'] });
  story.request(made, {
    policy: {
      digest: story.policyDigest,
      rules: ['emergency'],
      reason: 'an emergency',
      quorum: [[{ role: 'dba', count: 1 }]],
    },
    breakGlass: { decision: 'require', quorum: [[{ role: 'dba', count: 2 }]] },
  });
  story.decide(made, 'carol');
  story.intent(made);
  story.receipt(made, { breakGlass: true });
  return story;
}

/** An honest ledger in which every entry type and every end of a request occurs. */
export function goodStory(): Story {
  const story = new Story().begin();
  story.run();
  const read = story.submit({}, 'pipeline');
  story.verdict(read, { decision: 'allow' });
  story.read(read);
  const denied = story.submit();
  story.verdict(denied, { decision: 'deny' });
  const rejected = story.ask();
  story.decide(rejected, 'carol');
  story.decide(rejected, 'frank', { choice: 'deny', note: 'wrong customer' });
  story.close(rejected, { kind: 'rejected', by: 'executor', reason: 'denied' });
  story.refuse(rejected, 'dave', 'decision/request-rejected');
  story.roster();
  const withdrawn = story.ask();
  story.close(withdrawn);
  const expired = story.ask({ reviewBy: story.now + 10, runBy: story.now + 20 });
  story.now += 30;
  story.close(expired, { kind: 'expired', by: 'executor', reason: 'not reviewed in time' });
  story.policy('policy 2');
  const stepped = story.ask({
    policy: {
      digest: story.policyDigest,
      rules: ['two-steps'],
      reason: 'both',
      quorum: [[{ role: 'dba', count: 1 }], [{ role: 'security', count: 1 }]],
    },
    follows: { id: rejected.id, hash: requestHash(rejected) },
  });
  story.refuse(stepped, 'erin', 'decision/step-not-open');
  story.decide(stepped, 'dave', { conditions: { rowsMax: 1 } });
  story.decide(stepped, 'frank');
  story.intent(stepped);
  story.receipt(stepped, { outcome: 'ambiguous', effect: null });
  story.receipt(stepped, { outcome: 'resolved-ran', effect: null });
  story.note('witness', {
    kid: keyId(signerOf('erin').publicKey),
    size: 5,
    root: rootAt(story.ledger, 5) ?? new Uint8Array(32),
  });
  story.note('operator', { person: 'alice', verb: 'export-ledger', text: 'for the yearly audit' });
  const drifted = story.ask();
  story.decide(drifted, 'carol');
  story.decide(drifted, 'frank');
  story.intent(drifted);
  story.receipt(drifted, { outcome: 'drifted' });
  const amended = story.ask();
  story.decide(amended, 'dave', { choice: 'amend', proposal: [{ sql: 'SELECT 1', params: [] }] });
  story.close(amended, { kind: 'rejected', by: 'executor', reason: 'amended' });
  story.run();
  story.ask();
  return story;
}
