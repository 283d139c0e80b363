import { toHex } from '@countersign/codec';
import { ExitCode, type Implementation } from '@countersign/program';
import { checkTags } from '@countersign/policy';
import {
  trustFunctions,
  type Catalog,
  type CatalogFunction,
  type TrustedFunction,
  namedRelations,
} from '@countersign/sql';
import type { TargetSetting } from '../home/target-setting.ts';
import type { PreparationStep, TargetFacts } from '@countersign/targets';
import { listed } from '../listed.ts';
import type { World } from '../world.ts';
import { inHome } from './session.ts';

/** `target list`: the databases this home knows. */
export const targetList: Implementation = inHome(({ world, run: { output } }) => {
  const targets = [...world.configuration.targets.values()];
  output.document({ code: 'target/listed', targets: targets.map(shownSetting) });
  if (targets.length === 0) output.line('no targets; add one to countersign.yaml');
  for (const { name, url, tags, readUrl, rego } of targets) {
    output.line(`${name}  ${url}${tags.length === 0 ? '' : `  [${tags.join(', ')}]`}`);
    if (readUrl !== undefined) output.line(`${' '.repeat(name.length)}  reads by ${readUrl}`);
    if (rego !== undefined)
      output.line(`${' '.repeat(name.length)}  Rego in ${rego.mode === 'wasm' ? rego.bundle : rego.url}`);
  }
  return ExitCode.done;
});

/** A setting as it is shown; where its passwords stand is nobody's business. */
function shownSetting({ name, url, tags, readUrl, dryRunUrl, rego }: TargetSetting): object {
  return { name, url, tags, readUrl, dryRunUrl, rego };
}

/** `target check`: opens a database and shows what identifies it. */
export const targetCheck: Implementation = inHome(
  async ({ world, run: { output }, arguments: [name = ''] }) => {
    const setting = world.targetSetting(name);
    const target = world.target(name);
    const found = await target.inspect();
    const { version, identity, schema, session, catalog } = found;
    const warnings = [
      ...found.warnings,
      ...(await target.requireReadAccount()),
      ...tagFaults(world, name, found),
    ];
    const prepared = identity !== null;
    const functions = functionsOf(catalog, world.policy().functions);
    output.document({
      code: prepared ? 'target/ready' : 'target/unprepared',
      ...(prepared ? {} : unprepared(name)),
      ...shownSetting(setting),
      version,
      identity,
      schema,
      session,
      tables: [...catalog.tables.keys()],
      functions,
      warnings,
    });
    output.line(`${name}  ${target.engine} ${version}`);
    output.line(
      `identity  ${identity === null ? 'none yet: run `countersign target prepare`' : toHex(identity)}`,
    );
    output.line(`schema    ${toHex(schema)}`);
    output.line(`tables    ${listed([...catalog.tables.keys()])}`);
    for (const { name: called, signature, bodyHash, trusted } of functions)
      output.line(
        `function  ${called}(${signature})  ${bodyHash}  ${trusted ? 'trusted by policy' : 'unknown'}`,
      );
    for (const [key, value] of session) output.line(`session   ${key} = ${value}`);
    for (const warning of warnings) output.line(output.colours.yellow(`warning   ${warning}`));
    return prepared ? ExitCode.done : ExitCode.usage;
  },
);

/** Where the tags of the policy and the live schema disagree: a rule that relies on tags denies until they agree. */
export function tagFaults(world: World, name: string, { engine, catalog }: TargetFacts): readonly string[] {
  const tags = world.policy().tags.get(name);
  const faults = tags === undefined ? [] : checkTags(tags, namedRelations(engine, catalog));
  return faults.map((fault) => `policy/tags: ${fault}`);
}

/** The functions somebody made, each with what policy needs to vouch for it; SQLite stores none. */
function functionsOf(
  catalog: Catalog,
  vouched: readonly TrustedFunction[],
): readonly (TrustedFunction & { trusted: boolean })[] {
  const trusted = trustFunctions(catalog, vouched).functions ?? new Map<string, CatalogFunction>();
  return [...trusted].flatMap(([name, { overloads = [], harmless }]) =>
    overloads.map((overload) => ({ name, ...overload, trusted: harmless })),
  );
}

function unprepared(name: string): { readonly message: string; readonly hint: string } {
  return { message: `target ${name} has no marker table yet`, hint: `countersign target prepare ${name}` };
}

/** `target prepare`: makes the marker table, in which every run leaves its mark, and a server's account for reads. */
export const targetPrepare: Implementation = inHome(
  async ({ world, run: { output }, arguments: [name = ''], options }) => {
    const target = world.target(world.targetSetting(name).name);
    if (options.flag('print')) {
      const steps = await target.preparation();
      output.document({ code: 'target/preparation', name, steps });
      for (const step of steps) output.line(stepText(step));
      return ExitCode.done;
    }
    await target.prepare();
    const { identity } = await target.inspect();
    output.document({ code: 'target/prepared', name, identity });
    output.line(`prepared  ${name}  identity ${identity === null ? '' : toHex(identity)}`);
    return ExitCode.done;
  },
);

/** One statement for an administrator; what is optional is commented out. */
function stepText({ sql, note, optional }: PreparationStep): string {
  const text = optional === true ? `-- ${sql.replaceAll('\n', '\n-- ')};` : `${sql};`;
  return note === undefined ? text : `-- ${note}\n${text}`;
}
