import { boundaryOf } from './boundary.ts';
import type { Finding } from './check.ts';
import { decide } from './decide.ts';
import type { PolicyInput, PolicyTarget } from './input.ts';
import { mentionsOf } from './mentions.ts';
import type { Policy, Rule } from './policy.ts';

const TARGET_INPUTS_MAX = 1000;

/** What was found by asking a policy about its own boundary inputs: evidence, and no proof. */
export interface Examination {
  readonly findings: readonly Finding[];
  /** Rules that look at something the inputs do not vary. */
  readonly unexamined: readonly string[];
  /** False when `goOn` ended it early. */
  readonly complete: boolean;
}

/**
 * Finds rules that matched on none of their boundary inputs, rules that matched and never decided, rules about targets
 * that there are not, and targets on which no rule but allowing ones speaks. `goOn` is asked before each.
 */
export function examinePolicy(
  policy: Policy,
  targets: readonly PolicyTarget[] | undefined,
  goOn: () => boolean,
): Examination {
  const findings: Finding[] = [];
  const unexamined: string[] = [];
  for (const rule of policy.rules) {
    if (!goOn()) return { findings, unexamined, complete: false };
    const { inputs, notVaried } = boundaryOf(policy, [rule]);
    if (notVaried.length > 0) unexamined.push(rule.name);
    else findings.push(...ruleFindings(policy, rule, inputs));
  }
  for (const target of targets ?? []) {
    if (!goOn()) return { findings, unexamined, complete: false };
    findings.push(...uncovered(policy, target));
  }
  return { findings: [...findings, ...unknownTargets(policy, targets)], unexamined, complete: true };
}

function ruleFindings(policy: Policy, rule: Rule, inputs: readonly PolicyInput[]): readonly Finding[] {
  const first = findDeciding(policy, rule, inputs);
  if (first.type === 'decides') return [];
  if (first.matched === 0) {
    const message = `matched on none of ${inputs.length} boundary inputs`;
    return [{ code: 'rule-never', rule: rule.name, message }];
  }
  // Those that decided instead may leave it room where they look at something else.
  const others = policy.rules.filter(({ name }) => first.instead.has(name));
  const more = boundaryOf(policy, [rule, ...others]).inputs;
  const second = findDeciding(policy, rule, more);
  if (second.type === 'decides') return [];
  const count = inputs.length + more.length;
  const instead = [...new Set([...first.instead, ...second.instead])].sort();
  return [
    {
      code: 'rule-overruled',
      rule: rule.name,
      message: `matched on ${first.matched + second.matched} of ${count} boundary inputs and changed no verdict: ${instead.join(', ')} decided`,
    },
  ];
}

type Search =
  | { readonly type: 'decides' }
  | { readonly type: 'never'; readonly matched: number; readonly instead: ReadonlySet<string> };

function findDeciding(policy: Policy, rule: Rule, inputs: readonly PolicyInput[]): Search {
  const alone: Policy = { ...policy, rules: [{ ...rule, outcome: { type: 'deny' }, obligations: [] }] };
  const others: Policy = { ...policy, rules: policy.rules.filter((other) => other !== rule) };
  const instead = new Set<string>();
  let matched = 0;
  for (const input of inputs) {
    if (decide(alone, input).decision !== 'deny') continue;
    matched += 1;
    const verdict = decide(policy, input);
    const decides =
      rule.outcome.type === 'deny'
        ? verdict.rules.includes(rule.name)
        : effectOf(verdict) !== effectOf(decide(others, input));
    if (decides) return { type: 'decides' };
    for (const name of verdict.rules) if (name !== rule.name) instead.add(name);
  }
  return { type: 'never', matched, instead };
}

function effectOf({ decision, quorum, obligations }: ReturnType<typeof decide>): string {
  return JSON.stringify([decision, quorum, obligations]);
}

function uncovered(policy: Policy, target: PolicyTarget): readonly Finding[] {
  const { inputs } = boundaryOf(policy, policy.rules, TARGET_INPUTS_MAX, [target]);
  const spoken = inputs.some((input) =>
    decide(policy, input).matched.some(({ effect }) => effect !== 'allow'),
  );
  if (spoken) return [];
  const message = `on ${inputs.length} boundary inputs no rule denied or asked for anybody on target ${target.name}`;
  return [{ code: 'target-uncovered', rule: 'default', message }];
}

function unknownTargets(policy: Policy, targets: readonly PolicyTarget[] | undefined): readonly Finding[] {
  if (targets === undefined) return [];
  return policy.rules.flatMap((rule) => {
    const mentions = mentionsOf(policy, [rule]);
    const texts = (...paths: readonly string[]): readonly string[] => [
      ...new Set(paths.flatMap((path) => [...(mentions.get(path)?.texts ?? [])])),
    ];
    // A text may also be the beginning or the end of a name.
    const names = texts('target.name').filter((text) => !targets.some(({ name }) => name.includes(text)));
    const tags = texts('target.tags', 'target.tags[]').filter(
      (text) => !targets.some((target) => target.tags.some((tag) => tag.includes(text))),
    );
    const finding = (message: string): Finding => ({ code: 'target-unknown', rule: rule.name, message });
    return [
      ...names.map((text) => finding(`no target is called ${JSON.stringify(text)}`)),
      ...tags.map((text) => finding(`no target has the tag ${JSON.stringify(text)}`)),
    ];
  });
}
