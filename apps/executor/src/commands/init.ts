import type { Signer } from '@countersign/codec';
import { demoMarker, generateKey, keyFingerprint } from '@countersign/keys';
import type { Person } from '@countersign/messages';
import {
  ExitCode,
  loadPublicKey,
  nodeSigner,
  ProgramError,
  quote,
  readPassphrase,
  refuseExampleKey,
  savePrivateKey,
  savePublicKey,
  systemRandom,
  writeFileAtomically,
  type Implementation,
  type Invocation,
} from '@countersign/program';
import { existsSync, mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { ExecutorError } from '../executor-error.ts';
import type { TargetSetting } from '../home/configuration.ts';
import type { Environment } from '../home/open-setting.ts';
import { homePaths, newHomeDirectory, type HomePaths } from '../home/home-directory.ts';
import { demoPersons, demoSeed } from '../setup/demo-people.ts';
import { makeHome, type HomePlan } from '../setup/new-home.ts';
import { makeSampleDatabase } from '../setup/sample-database.ts';
import { listed } from '../listed.ts';
import type { World } from '../world.ts';

/** `init`: makes a home. Nothing of it is left behind when a step fails before the configuration is written. */
export const init: Implementation = async (invocation) => {
  const { run, options } = invocation;
  const { environment, workingDirectory } = run.surroundings;
  const directory = newHomeDirectory(options.text('home'), environment, workingDirectory);
  const paths = homePaths(directory);
  if (existsSync(paths.configuration) || existsSync(paths.store)) {
    throw new ExecutorError('home/exists', `${directory} already holds a home`, {
      hint: 'choose another directory with --home DIR',
    });
  }
  for (const folder of [directory, paths.keys, paths.identities])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  const plan = options.flag('demo') ? await planDemo(paths, environment) : await planHome(invocation, paths);
  const world = makeHome(plan, {});
  try {
    await prepareTargets(world);
    report(invocation, world, plan);
  } finally {
    await world.close();
  }
  return ExitCode.done;
};

async function planDemo(paths: HomePaths, environment: Environment): Promise<HomePlan> {
  writeFileAtomically(
    join(paths.directory, demoMarker),
    new TextEncoder().encode('The keys of this home are published. Never use it for anything real.\n'),
  );
  const path = join(paths.directory, 'demo.db');
  makeSampleDatabase(path);
  const executor = await writeKey(join(paths.keys, 'executor.cskey'), demoSeed('executor'), undefined);
  for (const { id, kind } of demoPersons()) {
    if (kind !== 'human' || id === 'olivia')
      await writeKey(join(paths.identities, `${id}.cskey`), demoSeed(id), undefined);
  }
  return {
    paths,
    targets: [{ name: 'demo', url: 'sqlite:demo.db', tags: [] }],
    identity: 'olivia',
    persons: demoPersons(),
    executor,
    root: { name: 'root-1', signer: nodeSigner(demoSeed('root-1')) },
    environment,
  };
}

async function planHome({ run, options }: Invocation, paths: HomePaths): Promise<HomePlan> {
  const targets = options
    .texts('target')
    .map((text) => targetOption(text, run.surroundings.workingDirectory));
  const operator = options.text('operator') ?? personId(userInfo().username);
  const approvers = options.texts('approver').map((text) => approverOption(text, paths));
  const passphrase = options.without('passphrase')
    ? undefined
    : await readPassphrase(
        { file: options.text('passphraseFile'), surroundings: run.surroundings },
        { purpose: 'create', subject: 'the root key and the operator key' },
      );
  const executor = await writeKey(join(paths.keys, 'executor.cskey'), systemRandom(32), undefined);
  const root = await writeKey(join(paths.keys, 'root-1.cskey'), systemRandom(32), passphrase);
  const identity = await writeKey(join(paths.identities, `${operator}.cskey`), systemRandom(32), passphrase);
  savePublicKey(join(paths.identities, `${operator}.cspub`), { name: operator, key: identity.publicKey });
  const self: Person = {
    id: operator,
    name: operator,
    kind: 'human',
    roles: ['operator'],
    keys: [{ publicKey: identity.publicKey }],
  };
  return {
    paths,
    targets,
    identity: operator,
    persons: [self, ...approvers],
    executor,
    root: { name: 'root-1', signer: root },
    environment: run.surroundings.environment,
  };
}

async function writeKey(path: string, seed: Uint8Array, passphrase: string | undefined): Promise<Signer> {
  await savePrivateKey(path, generateKey(seed).seed, passphrase);
  return nodeSigner(seed);
}

function targetOption(text: string, workingDirectory: string): TargetSetting {
  const server = /^([a-z0-9][a-z0-9._-]{0,63})=((?:postgres|postgresql|mysql|mariadb):\/\/.+)$/.exec(text);
  if (server !== null) return serverOption(server[1] ?? '', server[2] ?? '');
  const match = /^([a-z0-9][a-z0-9._-]{0,63})=sqlite:(.+)$/.exec(text);
  if (match === null)
    throw new ProgramError('usage/arguments', `${quote(text)} is no target, expected NAME=URL`);
  const path = resolve(workingDirectory, match[2] ?? '');
  if (!existsSync(path))
    throw new ProgramError('usage/arguments', `there is no database ${quote(path)}`, {
      hint: 'the path must name an existing SQLite file',
    });
  return { name: match[1] ?? '', url: `sqlite:${path}`, tags: [] };
}

function serverOption(name: string, url: string): TargetSetting {
  if (/^[a-z]+:\/\/[^@/]*:[^@/]*@/.test(url))
    throw new ProgramError(
      'usage/arguments',
      `the URL of ${name} holds a password, which others can see here`,
      {
        hint: 'leave it out, and name it in countersign.yaml: password: env:NAME or file:PATH',
      },
    );
  return { name, url, tags: [] };
}

function approverOption(text: string, paths: HomePaths): Person {
  const at = text.indexOf('=');
  const id = text.slice(0, Math.max(at, 0));
  if (personId(id) !== id || id === '')
    throw new ProgramError(
      'usage/arguments',
      `${quote(text)} is no approver, expected NAME=FILE.cspub with a name of a-z 0-9 . _ -`,
    );
  const { key, name } = loadPublicKey(text.slice(at + 1));
  refuseExampleKey(key, paths.directory);
  return { id, name, kind: 'human', roles: ['dba'], keys: [{ publicKey: key }] };
}

function personId(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9._-]/g, '-');
}

async function prepareTargets(world: World): Promise<void> {
  // A server may need a password and a read account first, which stand in the configuration.
  for (const [name, { url }] of world.configuration.targets) {
    if (url.startsWith('sqlite:')) await world.target(name).prepare();
  }
}

function report({ run: { output }, options }: Invocation, world: World, plan: HomePlan): void {
  const { paths, configuration } = world;
  const fingerprint = keyFingerprint(plan.root.signer.publicKey);
  const approvers = plan.persons.filter(({ roles }) => roles.includes('dba')).map(({ id }) => id);
  output.document({
    code: 'home/made',
    home: paths.directory,
    domain: configuration.domain,
    origin: configuration.origin,
    root: fingerprint,
    targets: [...configuration.targets.keys()],
    approvers,
    demo: options.flag('demo'),
  });
  output.line(`${output.colours.green('made')}  ${paths.directory}`);
  output.line(`root key   ${fingerprint.words}`);
  output.line(`           ${output.colours.dim(fingerprint.hex)}`);
  output.line(
    `targets    ${listed([...configuration.targets.keys()], 'none yet: add them to countersign.yaml')}`,
  );
  output.line(`approvers  ${listed(approvers, 'none yet: see `countersign roster show --yaml`')}`);
  if (options.flag('demo')) {
    output.line(
      output.colours.yellow('demo: every key of this home is published; never use it for anything real'),
    );
    return;
  }
  output.line('next');
  output.line(`  1. move ${join(paths.keys, 'root-1.cskey')} to a safe place off this machine`);
  output.line(`  2. hand ${paths.rootFile} to every approver and auditor, and read them the words above`);
  output.line('  3. countersign doctor');
}
