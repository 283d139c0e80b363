import type { Policy } from './policy.ts';
import { personsNeeded } from './quorum.ts';
import type { Quorum } from './verdict.ts';

/** A role of the roster as far as a policy cares. */
export interface RosterRole {
  readonly name: string;
  readonly mayApprove: boolean;
  /** Human persons who hold it now; agents and services are not counted, as their votes are not. */
  readonly people: number;
}

export type FindingCode =
  | 'role-unknown'
  | 'role-cannot-approve'
  | 'role-too-few'
  | 'rule-unreachable'
  | 'rule-never'
  | 'scope-nobody'
  | 'rule-overruled'
  | 'target-uncovered'
  | 'target-unknown';

/** Something in a policy that loads but cannot work as it stands. */
export interface Finding {
  readonly code: FindingCode;
  /** Name of the rule, or `default`. */
  readonly rule: string;
  readonly message: string;
}

/** Everything in the policy that this roster makes impossible, and rules that can never decide anything. */
export function checkPolicy(policy: Policy, roles: readonly RosterRole[]): readonly Finding[] {
  const findings = quorumFindings('default', policy.fallback.quorum, roles);
  const wall = policy.rules.find(
    (rule) =>
      rule.outcome.type === 'deny' && (rule.when === undefined || isLiteral(rule.when.source, 'true')),
  );
  for (const rule of policy.rules) {
    if (rule.outcome.type === 'require')
      findings.push(...quorumFindings(rule.name, rule.outcome.quorum, roles));
    if (rule.when !== undefined && isLiteral(rule.when.source, 'false')) {
      findings.push({ code: 'rule-never', rule: rule.name, message: 'its when is always false' });
    }
    if (wall !== undefined && rule !== wall && rule.outcome.type !== 'deny') {
      findings.push({
        code: 'rule-unreachable',
        rule: rule.name,
        message: `rule ${wall.name} denies everything`,
      });
    }
  }
  return findings;
}

function isLiteral(source: string, word: 'true' | 'false'): boolean {
  return source.replace(/[\s()]/g, '') === word;
}

function quorumFindings(rule: string, quorum: Quorum, roles: readonly RosterRole[]): Finding[] {
  const findings: Finding[] = [];
  for (const [name, needed] of personsNeeded(quorum)) {
    const role = roles.find((candidate) => candidate.name === name);
    if (role === undefined) {
      findings.push({ code: 'role-unknown', rule, message: `role ${name} is not in the roster` });
    } else if (!role.mayApprove) {
      findings.push({ code: 'role-cannot-approve', rule, message: `role ${name} may not approve` });
    } else if (role.people < needed) {
      findings.push({
        code: 'role-too-few',
        rule,
        message: `role ${name} is held by ${role.people}, ${needed} are asked for`,
      });
    }
  }
  return findings;
}
