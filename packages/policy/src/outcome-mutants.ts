import type { Obligation, Policy, Rule } from './policy.ts';
import { COUNT_MAX } from './quorum.ts';
import type { Quorum } from './verdict.ts';

/** A rule with another outcome. */
export interface OutcomeMutant {
  readonly rule: Rule;
  readonly change: string;
}

/** Every rule that asks or obliges one thing more or less than this one. */
export function outcomeMutants(rule: Rule): readonly OutcomeMutant[] {
  const { outcome } = rule;
  const quorums =
    outcome.type === 'require'
      ? quorumMutants(outcome.quorum).map(({ quorum, change }) => ({
          rule: { ...rule, outcome: { ...outcome, quorum } },
          change,
        }))
      : [];
  return [...quorums, ...obligationMutants(rule)];
}

/** The default of a policy with one thing more or less asked. */
export function fallbackMutants(
  policy: Policy,
): readonly { readonly fallback: Policy['fallback']; readonly change: string }[] {
  return quorumMutants(policy.fallback.quorum).map(({ quorum, change }) => ({
    fallback: { ...policy.fallback, quorum },
    change,
  }));
}

interface QuorumMutant {
  readonly quorum: Quorum;
  readonly change: string;
}

function quorumMutants(quorum: Quorum): readonly QuorumMutant[] {
  const counts = quorum.flatMap((step, at) =>
    step.flatMap(({ role, count }) =>
      [count - 1, count + 1]
        .filter((moved) => moved >= 0 && moved <= COUNT_MAX)
        .map((moved) => {
          const changed = step.flatMap((one) =>
            one.role !== role ? [one] : moved === 0 ? [] : [{ role, count: moved }],
          );
          return {
            quorum: quorum
              .map((other, index) => (index === at ? changed : other))
              .filter((one) => one.length > 0),
            change: `${count} ${role} becomes ${moved}${quorum.length > 1 ? ` in step ${at + 1}` : ''}`,
          };
        }),
    ),
  );
  const together =
    quorum.length > 1
      ? [{ quorum: [mergedSteps(quorum)], change: 'all steps at once instead of in order' }]
      : [];
  // Without anybody to ask a rule would ask nobody: that is a rule left out, which is tried anyway.
  return [...counts, ...together].filter((mutant) => mutant.quorum.length > 0);
}

function mergedSteps(quorum: Quorum): Quorum[number] {
  const counts = new Map<string, number>();
  for (const { role, count } of quorum.flat())
    counts.set(role, Math.min(COUNT_MAX, count + (counts.get(role) ?? 0)));
  return [...counts].map(([role, count]) => ({ role, count })).sort((a, b) => (a.role < b.role ? -1 : 1));
}

function obligationMutants(rule: Rule): readonly OutcomeMutant[] {
  return rule.obligations.flatMap((obligation) => {
    const others = rule.obligations.filter((other) => other !== obligation);
    // An oblige rule without its one obligation is a rule left out.
    const alone = others.length === 0 && rule.outcome.type === 'oblige';
    const dropped = alone
      ? []
      : [{ rule: { ...rule, obligations: others }, change: `obligation ${obligation.type} left out` }];
    return [
      ...dropped,
      ...loosened(obligation).map(({ one, change }) => ({
        rule: { ...rule, obligations: rule.obligations.map((other) => (other === obligation ? one : other)) },
        change,
      })),
    ];
  });
}

function loosened(obligation: Obligation): readonly { readonly one: Obligation; readonly change: string }[] {
  switch (obligation.type) {
    case 'reason':
      return [-1, 1]
        .map((by) => obligation.lengthMin + by)
        .filter((moved) => moved > 0)
        .map((moved) => ({
          one: { ...obligation, lengthMin: moved },
          change: `a reason of ${obligation.lengthMin} characters becomes ${moved}`,
        }));
    case 'ticket':
      return [{ one: { ...obligation, pattern: /^.*$/u }, change: 'any ticket will do' }];
    case 'max_rows':
      return [-1, 1]
        .map((by) => obligation.rows + by)
        .filter((moved) => moved >= 0)
        .map((moved) => ({
          one: { ...obligation, rows: moved },
          change: `max_rows ${obligation.rows} becomes ${moved}`,
        }));
    case 'backup':
      return [-1, 1]
        .map((by) => obligation.hours + by)
        .filter((moved) => moved > 0)
        .map((moved) => ({
          one: { ...obligation, hours: moved },
          change: `a backup of ${obligation.hours} hours becomes ${moved}`,
        }));
    case 'mask':
      return obligation.columns.length < 2
        ? []
        : obligation.columns.map((column) => ({
            one: { ...obligation, columns: obligation.columns.filter((other) => other !== column) },
            change: `${column} not masked`,
          }));
    case 'may_drift':
      return obligation.columns.length < 2
        ? []
        : obligation.columns.map((column) => ({
            one: { ...obligation, columns: obligation.columns.filter((other) => other !== column) },
            change: `${column} may not drift`,
          }));
    case 'window':
    case 'fewer_rows':
      // That there is none is tried; another window is no small change.
      return [];
    default:
      return obligation satisfies never;
  }
}
