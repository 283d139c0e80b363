import { toHex, type PublicKey, type Signer } from '@countersign/codec';
import { encodeNote } from '@countersign/ledger';
import { signRoster, type Person, type Roster } from '@countersign/messages';
import { formatRootFile, type NamedKey } from '@countersign/keys';
import { starterPolicyFiles, starterTestFiles } from '@countersign/policy';
import { systemRandom, writeFileAtomically } from '@countersign/program';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseConfiguration, type TargetSetting } from '../home/configuration.ts';
import type { HomePaths } from '../home/home-directory.ts';
import type { Environment } from '../home/open-setting.ts';
import { worldOf, type WorldOptions } from '../home/open-world.ts';
import { record } from '../stages/record.ts';
import { Store } from '../store/store.ts';
import { noTrace } from '../trace/trace.ts';
import type { World } from '../world.ts';

/** Everything a new home is made of. Private keys are written by the caller. */
export interface HomePlan {
  readonly paths: HomePaths;
  readonly targets: readonly TargetSetting[];
  /** Submitter when nobody else is named. */
  readonly identity: string;
  readonly persons: readonly Person[];
  readonly executor: Signer;
  readonly root: { readonly name: string; readonly signer: Signer };
  /** Where secrets of targets named `env:NAME` are looked up. */
  readonly environment: Environment;
}

/** Writes configuration, policy, root file and store with the first two ledger entries, and returns the world of the new home. */
export function makeHome(plan: HomePlan, options: WorldOptions): World {
  const { paths, executor, root, environment } = plan;
  const domain = systemRandom(16);
  const origin = `countersign/${toHex(domain).slice(0, 8)}`;
  for (const directory of [paths.locks, join(paths.directory, 'policy')])
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  const text = configurationText(plan, toHex(domain), origin);
  const configuration = parseConfiguration(text, paths.configuration);
  writeText(
    paths.rootFile,
    formatRootFile({ threshold: 1, keys: [namedKey(root.name, root.signer.publicKey)] }),
  );
  for (const file of [...starterPolicyFiles, ...starterTestFiles])
    writeText(join(paths.directory, 'policy', file.path), file.text);
  const store = Store.open(paths.store, { create: true });
  const world = worldOf({
    paths,
    configuration,
    signer: executor,
    store,
    environment,
    options,
    trace: noTrace,
  });
  record(world, (append, now) => {
    append('genesis', encodeNote('genesis', { version: 1, domain, origin }));
    append('roster', signRoster(firstRoster(plan, domain, origin, now), [root.signer]));
  });
  world.policy();
  // Last, because its presence is what makes the folder a home: a half-made one is not found.
  writeText(paths.configuration, text);
  return world;
}

function firstRoster(
  { persons, executor, root }: HomePlan,
  domain: Uint8Array,
  origin: string,
  madeAt: number,
): Roster {
  const approvers = persons.filter(({ roles, kind }) => kind === 'human' && roles.includes('dba')).length;
  return {
    version: 1,
    domain,
    number: 1,
    previous: null,
    madeAt,
    root: { threshold: 1, keys: [root.signer.publicKey] },
    roles: [
      { name: 'operator', may: ['submit'], peopleMin: 0 },
      { name: 'dba', may: ['approve'], peopleMin: Math.min(approvers, 2) },
    ],
    persons,
    executors: [{ origin, publicKey: executor.publicKey }],
    revocations: [],
  };
}

function configurationText({ targets, identity, paths }: HomePlan, domain: string, origin: string): string {
  const relative = (url: string): string => url.replace(`sqlite:${dirname(paths.directory)}/`, 'sqlite:../');
  const lines = targets.flatMap(({ name, url, tags }) => [
    `  ${name}:`,
    `    url: ${JSON.stringify(relative(url))}`,
    ...(tags.length === 0 ? [] : [`    tags: [${tags.join(', ')}]`]),
  ]);
  return `# Countersign, online side. Paths are relative to this folder. docs/operating.md explains every key.
version: 1
domain: ${domain}
origin: ${origin}

executor:
  key: file:keys/executor.cskey

# Who submits when --as names nobody; the key is identities/NAME.cskey.
identity: ${identity}

policy: policy

targets:${lines.length === 0 ? ' {}' : `\n${lines.join('\n')}`}

limits:
  review: 24h       # how long approvers have
  run: 48h          # how long after submission a request may run
  statement: 30s    # longest run of a statement
  rows_imaged: 10000
  read_rows: 1000
  read_bytes: 1048576
`;
}

function namedKey(name: string, key: PublicKey): NamedKey {
  return { key, name };
}

function writeText(path: string, text: string): void {
  writeFileAtomically(path, new TextEncoder().encode(text));
}
