import { ExitCode, type Implementation, type Output } from '@countersign/program';
import type { RosterDirectory } from '@countersign/messages';
import {
  conditionsOf,
  tagsOf,
  type Policy,
  type RosterRole,
  type TagView,
  type Verdict,
} from '@countersign/policy';
import { factsJson, type Facts } from '@countersign/sql';
import { loadIdentity } from '../home/identity.ts';
import { assess } from '../stages/assess.ts';
import { takeIn, type Intake } from '../stages/intake.ts';
import { policyInput } from '../stages/judge.ts';
import type { Look } from '../stages/look.ts';
import type { World } from '../world.ts';
import { contextOf, statementsOf, targetOf } from './draft.ts';
import { neededFor, placeOfRule } from './explain-text.ts';
import { factsLines, verdictLines } from './facts-text.ts';
import { listed } from '../listed.ts';
import { placeText } from './place-text.ts';
import { verdictDocument } from './request-document.ts';
import { inHome } from './session.ts';

/** Returns the roles of a roster as the policy's check needs them. */
export function rosterRoles(directory: RosterDirectory): readonly RosterRole[] {
  return directory.roster.roles.map(({ name, may }) => ({
    name,
    mayApprove: may.includes('approve'),
    people: directory.members(name).filter(({ kind }) => kind === 'human').length,
  }));
}

function tagLines(tags: TagView): readonly string[] {
  if (tags.type === 'unknown') return [];
  const said = (label: string, list: readonly string[]): readonly string[] =>
    list.length === 0 ? [] : [`tags ${label}: ${list.join(', ')}`];
  return [...said('read', tags.read), ...said('written', tags.written)];
}

/** What `policy explain` found. */
export interface Explained {
  readonly fields: object;
  readonly facts: Facts;
  readonly verdict: Verdict;
  readonly tags: TagView;
  readonly conditions: readonly { readonly name: string; readonly holds: unknown }[];
  readonly needed: readonly string[];
  readonly look: Look;
}

/** Returns what policy says of a submission that nobody made, and why. Nothing is run, dry-run or recorded. */
export async function explainIntake(world: World, intake: Intake): Promise<Explained> {
  const { facts, verdict, relations, usage, look } = await assess(world, intake);
  const policy = world.policy();
  const input = policyInput(world, intake, { facts, relations, usage });
  const tags = tagsOf(policy.tags.get(intake.draft.target), input);
  const conditions = [...conditionsOf(policy, input)].map(([name, holds]) => ({ name, holds }));
  const needed = neededFor(policy, verdict);
  const fields = {
    code: 'policy/explained',
    verdict: verdictDocument(verdict),
    ...bothVerdicts(look),
    facts: factsJson(facts),
    tags,
    budget: usage,
    obligations: verdict.obligations.map(([name, value]) => ({ name, value })),
    places: placesOf(policy, verdict),
    conditions,
    needed,
  };
  return { fields, facts, verdict, tags, conditions, needed, look };
}

/** `policy explain`: which rules speak on a statement. Nothing is run, dry-run or recorded. */
export const policyExplain: Implementation = inHome(
  async ({ world, run, arguments: [sql = ''], options }) => {
    const identity = await loadIdentity(world, run, {
      as: options.text('as'),
      passphraseFile: options.text('passphraseFile'),
    });
    const target = targetOf(world, options);
    const statements = statementsOf(sql, [], world.target(target).engine);
    const draft = {
      target,
      statements,
      reason: options.text('reason') ?? 'policy explain',
      context: contextOf(options),
      follows: null,
      ...(options.flag('breakGlass') ? { breakGlass: true as const } : {}),
    };
    const explained = await explainIntake(world, takeIn(world, draft, identity));
    run.output.document(explained.fields);
    showExplained(world, run.output, explained);
    return ExitCode.done;
  },
);

function showExplained(
  world: World,
  output: Output,
  { facts, verdict, tags, conditions, needed, look }: Explained,
): void {
  const policy = world.policy();
  for (const line of tagLines(tags)) output.line(line);
  for (const line of [...factsLines(facts, output.colours), ...verdictLines(verdict, output.colours)])
    output.line(line);
  for (const { rule, effect, reason } of verdict.matched) {
    const place = placeOfRule(policy, rule);
    const where = place === undefined ? '' : `  ${output.colours.dim(placeText(place))}`;
    output.line(`  ${effect.padEnd(8)} ${rule}: ${reason}${where}`);
  }
  const held = conditions.filter(({ holds }) => holds === true).map(({ name }) => name);
  if (conditions.length > 0) output.line(`  true     ${listed(held, 'none of the named conditions')}`);
  for (const line of needed) output.line(`  needed   ${line}`);
  for (const [name, value] of verdict.obligations) output.line(`  obliges  ${name}: ${value}`);
  if (look.rego !== undefined) {
    output.line(`the policy of this home alone: ${look.own.decision}`);
    output.line(`Rego alone:                    ${look.rego.verdict.decision}`);
  }
  if (verdict.pending.length > 0)
    output.line(output.colours.dim(`decided only once the rows are known: ${verdict.pending.join(', ')}`));
}

/** Where the rules stand that matched, each once; one that no file has, such as a scope's, is left out. */
function placesOf(policy: Policy, { matched }: Verdict): readonly object[] {
  return [...new Set(matched.map(({ rule }) => rule))].flatMap((rule) => {
    const place = placeOfRule(policy, rule);
    return place === undefined ? [] : [{ rule, ...place }];
  });
}

/** What each of two policies says alone, and the input that Rego was asked; nothing where there is but one. */
function bothVerdicts({ own, rego }: Look): object {
  if (rego === undefined) return {};
  const input: unknown = rego.document === undefined ? null : JSON.parse(rego.document.text);
  return {
    policyVerdict: verdictDocument(own),
    rego: { verdict: verdictDocument(rego.verdict), inputSha256: rego.document?.digest ?? null, input },
  };
}
