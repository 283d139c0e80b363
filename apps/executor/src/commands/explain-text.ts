import type { Place, Policy, Verdict } from '@countersign/policy';
import { placeText } from './place-text.ts';

/** Returns where a rule stands; undefined for what is no rule of the files, such as `default`. */
export function placeOfRule(policy: Policy, rule: string): Place | undefined {
  return policy.rules.find(({ name }) => name === rule)?.place;
}

/** Returns in plain words what the submission would need to run, one thing a line. */
export function neededFor(policy: Policy, verdict: Verdict): readonly string[] {
  switch (verdict.decision) {
    case 'allow':
      return ['nothing: it runs at once'];
    case 'deny':
      return [`no approval lifts a denial: submit what is not denied by ${named(policy, verdict.rules)}`];
    case 'require': {
      const steps = verdict.quorum.map((step) =>
        step
          .map(
            ({ role, count }) =>
              `${count === 1 ? 'one person' : `${count} different people`} of the role ${role}`,
          )
          .join(' and '),
      );
      return steps.map((who, index) => `${index === 0 ? '' : 'then '}approval by ${who}`);
    }
    default:
      return verdict.decision satisfies never;
  }
}

function named(policy: Policy, rules: readonly string[]): string {
  return rules
    .map((rule) => {
      const place = placeOfRule(policy, rule);
      return place === undefined ? rule : `${rule} (${placeText(place)})`;
    })
    .join(', ');
}
