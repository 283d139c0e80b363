import { openTarget, runSteps } from '@countersign/targets';
import type { RunStep } from '@countersign/targets';

// Runs one job and kills its own process, as a power cut would, the n-th time it comes to a step.
const [url = '', step = '', digest = '', identity = '', sql = '', id = '01'.repeat(16), shadow] =
  process.argv.slice(2);
const password = process.env['RUN_CHILD_PASSWORD'];
const target = openTarget({
  name: 'child',
  url,
  ...(password === undefined ? {} : { password: () => password }),
  ...(shadow === undefined ? {} : { shadow }),
});
const statements = [{ sql, params: [] }];
if (process.env['RUN_CHILD_DRY'] !== undefined) await target.dryRun(statements);
const known = runSteps.find((one) => one === step);
const outcome = await target.run({
  requestId: Buffer.from(id, 'hex'),
  requestDigest: new Uint8Array(32).fill(1),
  statements,
  expectedDigest: Buffer.from(digest, 'hex'),
  expectedIdentity: Buffer.from(identity, 'hex'),
  startedAt: 1_700_000_000,
  onStep: (one: RunStep) => {
    if (one === known) process.kill(process.pid, 'SIGKILL');
  },
});
process.stdout.write(outcome.kind);
await target.close();
