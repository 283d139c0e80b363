import { openTarget, runSteps } from '@countersign/targets';
import type { RunStep } from '@countersign/targets';

// Runs one job and kills its own process, as a power cut would, the n-th time it comes to a step.
const [url = '', step = '', digest = '', identity = '', sql = ''] = process.argv.slice(2);
const target = openTarget({ name: 'child', url });
const known = runSteps.find((one) => one === step);
const outcome = await target.run({
  requestId: new Uint8Array(16).fill(1),
  requestDigest: new Uint8Array(32).fill(1),
  statements: [{ sql, params: [] }],
  expectedDigest: Buffer.from(digest, 'hex'),
  expectedIdentity: Buffer.from(identity, 'hex'),
  startedAt: 1_700_000_000,
  onStep: (one: RunStep) => {
    if (one === known) process.kill(process.pid, 'SIGKILL');
  },
});
process.stdout.write(outcome.kind);
await target.close();
