import { regoDocument, type PolicyInput } from '@countersign/policy';
import { classify } from '@countersign/sql';
import type { World } from '../world.ts';

/** That the Rego policy of a target answers, or why it does not. */
export interface RegoFinding {
  readonly check: 'rego';
  readonly level: 'ok' | 'error';
  readonly message: string;
  readonly hint?: string;
}

/** Asks the Rego policy of every target about `SELECT 1`; nothing is recorded, and what it decides does not matter. */
export async function regoFindings(world: World): Promise<readonly RegoFinding[]> {
  const findings: RegoFinding[] = [];
  for (const name of world.configuration.targets.keys()) {
    const policy = world.rego(name);
    if (policy === undefined) continue;
    const document = regoDocument(world.policy(), probe(world, name));
    const { outcome } = document.type === 'failed' ? { outcome: document } : await policy.ask(document);
    findings.push(
      outcome.type === 'answered'
        ? {
            check: 'rego',
            level: 'ok',
            message: `${name}: ${policy.path} answers (${outcome.decision} on a read)`,
          }
        : {
            check: 'rego',
            level: 'error',
            message: `${name}: ${outcome.message} [${outcome.code}]`,
            hint: 'until it answers, everything on this target is denied; docs/spec/rego.md says what it must answer',
          },
    );
  }
  return findings;
}

function probe(world: World, target: string): PolicyInput {
  const { tags } = world.targetSetting(target);
  const now = world.clock();
  return {
    facts: classify('SELECT 1', 'sqlite'),
    identity: { id: 'doctor', kind: 'service', roles: [] },
    target: { name: target, engine: 'sqlite', tags },
    time: { unix: now, hour: Math.floor(now / 3600) % 24, weekday: (Math.floor(now / 86_400) + 4) % 7 },
    reason: 'does the policy answer?',
    context: [],
  };
}
