import { checkPolicy, checkScopes, examinePolicy, loadCases, loadPolicy } from '@countersign/policy';
import type { Finding, Place, Policy, PolicyTarget, RosterRole } from '@countersign/policy';
import { ExitCode, type Implementation, type Invocation } from '@countersign/program';
import { DIALECTS, type Dialect } from '@countersign/sql';
import type { TargetSetting } from '../home/configuration.ts';
import { findTestFiles, hasHome, policyDirectory, readPolicyFiles } from '../home/policy-folder.ts';
import { placeText } from './place-text.ts';
import { rosterRoles } from './policy.ts';
import { inHome } from './session.ts';

const examinationMs = 60_000;

/** What a home adds: who can approve, and the databases. */
interface Surroundings {
  readonly roles: readonly RosterRole[];
  readonly persons: Parameters<typeof checkScopes>[1];
  readonly targets: readonly PolicyTarget[];
}

/**
 * `policy check`: loads the policy and its cases and names everything that is wrong with it. A folder that `--dir` names
 * can be checked where there is no home; roles and targets are then not looked at.
 */
export const policyCheck: Implementation = (invocation) => {
  const { run, options } = invocation;
  if (options.text('dir') !== undefined && !hasHome(run, options.text('home')))
    return Promise.resolve(check(invocation, undefined));
  return inHome(({ world, ...session }) =>
    check(session, {
      roles: rosterRoles(world.chain().current),
      persons: world.chain().current.roster.persons,
      targets: [...world.configuration.targets.values()].map(policyTarget),
    }),
  )(invocation);
};

function check({ run, options }: Invocation, surroundings: Surroundings | undefined): ExitCode {
  const { output } = run;
  const directory = policyDirectory(run, options.text('dir'), options.text('home'));
  const policy = loadPolicy(readPolicyFiles(directory));
  const cases = loadCases(findTestFiles(directory)).length;
  const { findings, unexamined, complete } = examine(policy, surroundings);
  const sound = findings.length === 0;
  const count = `${findings.length} ${findings.length === 1 ? 'thing is' : 'things are'} wrong with the policy`;
  output.document({
    code: sound ? 'policy/sound' : 'policy/findings',
    ...(sound ? {} : { message: count, hint: 'mend what the findings name' }),
    policyDigest: policy.digest,
    cases,
    findings: findings.map((finding) => ({ ...finding, ...placeOf(policy, finding) })),
    rolesAndTargets: surroundings !== undefined,
    unexamined,
    complete,
  });
  for (const finding of findings) {
    const place = placeOf(policy, finding);
    const where = place === undefined ? '' : output.colours.dim(`  ${placeText(place)}`);
    output.line(`${output.colours.yellow(finding.code)}  ${finding.rule}: ${finding.message}${where}`);
  }
  if (sound) output.line(`${output.colours.green('sound')}  ${directory}`);
  const notes = [
    ...(surroundings === undefined ? ['there is no home here: roles and targets were not looked at'] : []),
    ...(unexamined.length > 0
      ? [`not examined, as they look at what is not varied: ${unexamined.join(', ')}`]
      : []),
    ...(complete ? [] : ['the time was over before every rule was examined']),
  ];
  for (const note of notes) output.line(output.colours.dim(note));
  return sound ? ExitCode.done : ExitCode.error;
}

function examine(
  policy: Policy,
  surroundings: Surroundings | undefined,
): {
  readonly findings: readonly Finding[];
  readonly unexamined: readonly string[];
  readonly complete: boolean;
} {
  // Without a roster nobody can say which roles there are.
  const certain = [
    ...checkPolicy(policy, surroundings?.roles ?? []).filter(
      ({ code }) => surroundings !== undefined || !code.startsWith('role-'),
    ),
    ...(surroundings === undefined ? [] : checkScopes(policy.scopes, surroundings.persons)),
  ];
  const end = performance.now() + examinationMs;
  const evidence = examinePolicy(policy, surroundings?.targets, () => performance.now() < end);
  const known = new Set(certain.filter(({ code }) => code.startsWith('rule-')).map(({ rule }) => rule));
  return {
    ...evidence,
    findings: [
      ...certain,
      ...evidence.findings.filter(({ rule, code }) => !code.startsWith('rule-') || !known.has(rule)),
    ],
  };
}

function placeOf(policy: Policy, { rule }: Finding): Place | undefined {
  return policy.rules.find(({ name }) => name === rule)?.place;
}

/** Returns a target as rules see it. */
export function policyTarget({
  name,
  url,
  tags,
}: TargetSetting): PolicyTarget & { readonly engine: Dialect } {
  const engine = DIALECTS.find((dialect) => url.startsWith(`${dialect}:`)) ?? 'sqlite';
  return { name, engine, tags };
}
