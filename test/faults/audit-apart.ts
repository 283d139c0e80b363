import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Lab } from './lab.ts';

const auditor = join(import.meta.dirname, '../../apps/auditor/src/main.ts');

/** What the auditor's program says of the whole ledger of a laboratory, which must verify and hold nothing against its policies. */
export async function auditOf(lab: Lab): Promise<Readonly<Record<string, unknown>>> {
  const bundle = lab.path('all.csledger');
  await lab.say('ledger', 'export', '--out', bundle);
  const root = await lab.inWorld((world) => world.paths.rootFile);
  const argv = [auditor, 'verify', bundle, '--root', root, '--json'];
  const { stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  if (stdout === '') throw new Error(`the auditor said nothing: ${stderr}`);
  const document = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  if (document['code'] !== 'ledger/verified') throw new Error(`the auditor refused it: ${stdout}`);
  return document;
}
