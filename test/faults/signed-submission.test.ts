import { CodecError } from '@countersign/codec';
import { MessageError, signSubmission, type Submission } from '@countersign/messages';
import { afterAll, expect, test } from 'vitest';
import { ExecutorError } from '../../apps/executor/src/executor-error.ts';
import { takeSigned } from '../../apps/executor/src/stages/intake.ts';
import { Lab, removeLabs } from './lab.ts';
import { Approver } from './signer.ts';
import { changeRoster, revoking } from './roster-lab.ts';

afterAll(removeLabs);

/** Takes in what `name` signs of a good submission that `change` made another; returns the code it is refused with, or the person. */
async function taken(
  lab: Lab,
  name: string,
  change: (good: Submission) => Submission = (good) => good,
  spoil: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
  known = false,
): Promise<string> {
  return lab.inWorld((world) => {
    const good: Submission = {
      version: 1,
      domain: world.domain,
      id: world.random(16),
      madeAt: world.clock(),
      target: 'demo',
      statements: [{ sql: 'SELECT 1', params: [] }],
      reason: 'a test',
    };
    const bytes = spoil(signSubmission(change(good), Approver.published(name).signer));
    try {
      return takeSigned(world, bytes, () => known).person.id;
    } catch (thrown) {
      if (thrown instanceof ExecutorError || thrown instanceof CodecError || thrown instanceof MessageError)
        return thrown.code;
      throw thrown;
    }
  });
}

test('a submission signed elsewhere is taken in as what its key signed, and only now', async () => {
  const lab = await Lab.make();
  expect(await taken(lab, 'agent-7')).toBe('agent-7');
  const aged = (seconds: number) => (good: Submission) => ({ ...good, madeAt: good.madeAt - seconds });
  expect(await taken(lab, 'ci', aged(590))).toBe('ci');
  expect(await taken(lab, 'ci', aged(610))).toBe('submission/stale');
  expect(await taken(lab, 'ci', aged(-610))).toBe('submission/stale');
  expect(await taken(lab, 'ci', aged(610), undefined, true)).toBe('ci');
});

test('and refused for another deployment, target, key or byte', async () => {
  const lab = await Lab.make();
  const elsewhere = (good: Submission): Submission => ({ ...good, domain: new Uint8Array(16) });
  expect(await taken(lab, 'ci', elsewhere)).toBe('message/domain-mismatch');
  expect(await taken(lab, 'ci', (good) => ({ ...good, target: 'other' }))).toBe('target/unknown');
  expect(await taken(lab, 'ci', (good) => ({ ...good, reason: ' ' }))).toBe('submission/reason');
  expect(await taken(lab, 'ada')).toBe('identity/not-allowed');
  expect(await taken(lab, 'executor')).toBe('cose/kid-unknown');
  const flip = (bytes: Uint8Array): Uint8Array => bytes.with(-1, (bytes.at(-1) ?? 0) ^ 1);
  expect(await taken(lab, 'ci', undefined, flip)).toMatch(/^signature\//);
  await changeRoster(lab, revoking(lab.approver('ci').kidText));
  expect(await taken(lab, 'ci')).toBe('identity/not-valid');
});
