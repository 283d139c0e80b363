import { equalBytes, fromHex, type Signer, type Verified } from '@countersign/codec';
import { decodeNote, encodeNote } from '@countersign/ledger';
import { decodeEntry, verifyRosterChain, type RosterChain } from '@countersign/messages';
import { loadPolicy, regoSourcesFile, type Policy, type PolicyFile } from '@countersign/policy';
import {
  loadPrivateKey,
  loadRootFile,
  nodeVerifier,
  refuseExampleKey,
  systemClock,
  systemRandom,
  type Clock,
  type ProgramRun,
} from '@countersign/program';
import type { Target } from '@countersign/targets';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ExecutorError } from '../executor-error.ts';
import { listed } from '../listed.ts';
import type { RegoPolicy } from '../rego/rego-policy.ts';
import { record } from '../stages/record.ts';
import { StoredLedger } from '../store/stored-ledger.ts';
import { Store } from '../store/store.ts';
import { noTrace, type Trace } from '../trace/trace.ts';
import type { FaultPoint, World } from '../world.ts';
import type { Configuration, TargetSetting } from './configuration.ts';
import { readConfiguration } from './configuration-file.ts';
import { findHome, type HomePaths } from './home-directory.ts';
import { openSetting, type Environment } from './open-setting.ts';
import { readPolicyFiles } from './policy-folder.ts';
import { readRegoPolicies, type NamedRegoPolicy } from './rego-policies.ts';

/** What a test may put in the place of the machine's own, and how the program works. */
export interface WorldOptions {
  /** The program goes on, so that targets may keep sessions for reads. */
  readonly stays?: boolean;
  readonly clock?: Clock;
  readonly reached?: (point: FaultPoint) => void;
}

/** Clocks are set back by a second now and then; by more, expiry cannot be judged. */
const clockToleranceSeconds = 120;

/**
 * Opens the home that the options or the environment name.
 * @throws `home/…`, `configuration/…`, and what its files are refused with
 */
export async function openWorld(
  run: ProgramRun,
  home: string | undefined,
  options: WorldOptions = {},
): Promise<World> {
  const { environment, workingDirectory } = run.surroundings;
  const paths = findHome(home, environment, workingDirectory);
  const configuration = readConfiguration(paths);
  const signer = await loadExecutorKey(run, paths, configuration);
  const store = Store.open(paths.store, { create: false });
  const trace = await openTraceTo(configuration.traces);
  return worldOf({ paths, configuration, signer, store, environment, options, trace });
}

/** Loaded only where a home asks for it. */
async function openTraceTo(url: string | undefined): Promise<Trace> {
  if (url === undefined) return noTrace;
  const { openTrace } = await import('../trace/otlp-trace.ts');
  return openTrace(url);
}

interface Parts {
  readonly paths: HomePaths;
  readonly configuration: Configuration;
  readonly signer: Signer;
  readonly store: Store;
  /** Where secrets named `env:NAME` are looked up. */
  readonly environment: Environment;
  readonly options: WorldOptions;
  readonly trace: Trace;
}

/** Puts a world together from what was opened; `init` does so for a home it just made. */
export function worldOf({ paths, configuration, signer, store, environment, options, trace }: Parts): World {
  const ledger = new StoredLedger(store);
  const clock = monotoneClock(store, ledger, options.clock ?? systemClock);
  const targets = new Map<string, Target>();
  const chain = remembered(
    () => loadChain(paths, ledger),
    () => ledger.countOf('roster'),
  );
  const targetSetting = (name: string): TargetSetting => requireTarget(configuration, name);
  const opened = new Set<RegoPolicy>();
  let lastRego: ReadonlyMap<string, NamedRegoPolicy> = new Map();
  const openRego = (): ReadonlyMap<string, NamedRegoPolicy> => {
    // A program that asks for days reads the bundles again and again: what did not change keeps its thread.
    lastRego = keepUnchanged(lastRego, readRegoPolicies(paths, configuration));
    for (const { policy: one } of lastRego.values()) opened.add(one);
    return lastRego;
  };
  let rego = once(openRego);
  let policy = once(() => policyInForce(world, rego()));
  const world: World = {
    paths,
    configuration,
    domain: fromHex(configuration.domain),
    origin: configuration.origin,
    store,
    ledger,
    signer,
    verifier: nodeVerifier,
    clock,
    random: systemRandom,
    chain,
    policy: () => policy(),
    rego: (name) => rego().get(name)?.policy,
    regoFile: () => regoFileOf(rego()),
    rereadPolicy: () => {
      rego = once(openRego);
      policy = once(() => policyInForce(world, rego()));
    },
    targetSetting,
    target: (name) => {
      const opened = targets.get(name) ?? openSetting(paths, targetSetting(name), environment, options.stays);
      targets.set(name, opened);
      return opened;
    },
    trace,
    reached: options.reached ?? (() => undefined),
    close: async () => {
      for (const one of opened) await one.close();
      for (const target of targets.values()) await target.close();
      store.close();
      await trace.close();
    },
  };
  return world;
}

async function loadExecutorKey(
  run: ProgramRun,
  paths: HomePaths,
  configuration: Configuration,
): Promise<Signer> {
  const path = resolve(paths.directory, configuration.executorKey.slice('file:'.length));
  const passphrase = configuration.executorPassphrase;
  const { environment, ...surroundings } = run.surroundings;
  const file =
    passphrase?.startsWith('file:') === true ? resolve(paths.directory, passphrase.slice(5)) : undefined;
  const named = passphrase?.startsWith('env:') === true ? environment[passphrase.slice(4)] : undefined;
  if (passphrase?.startsWith('env:') === true && named === undefined) {
    throw new ExecutorError(
      'configuration/secret',
      `${passphrase} is named as the executor key's passphrase but is not set`,
    );
  }
  const source = {
    file,
    surroundings: { ...surroundings, environment: { ...environment, COUNTERSIGN_PASSPHRASE: named } },
  };
  const { signer, publicKey } = await loadPrivateKey(path, source, { allowUnencrypted: true });
  refuseExampleKey(publicKey, paths.directory);
  return signer;
}

function loadChain(paths: HomePaths, ledger: StoredLedger): Verified<RosterChain> {
  const root = loadRootFile(paths.rootFile);
  const anchor = { threshold: root.threshold, keys: root.keys.map(({ key }) => key) };
  return verifyRosterChain(ledger.bodiesOf('roster'), anchor, nodeVerifier);
}

/** Returns the policies as they were read now, with those of before in the place of the same. */
function keepUnchanged(
  before: ReadonlyMap<string, NamedRegoPolicy>,
  now: ReadonlyMap<string, NamedRegoPolicy>,
): ReadonlyMap<string, NamedRegoPolicy> {
  return new Map(
    [...now].map(([target, read]) => {
      const known = before.get(target);
      return [target, known !== undefined && isDeepStrictEqual(known.source, read.source) ? known : read];
    }),
  );
}

function regoFileOf(rego: ReadonlyMap<string, NamedRegoPolicy>): PolicyFile | undefined {
  return regoSourcesFile(new Map([...rego].map(([target, { source }]) => [target, source])));
}

/** Loads the policy, and records its files in the ledger when they are not the ones recorded last. */
function policyInForce(world: World, rego: ReadonlyMap<string, NamedRegoPolicy>): Policy {
  const sources = regoFileOf(rego);
  const files = [
    ...readPolicyFiles(resolve(world.paths.directory, world.configuration.policy)),
    ...(sources === undefined ? [] : [sources]),
  ];
  const policy = loadPolicy(files);
  const last = world.ledger.lastBodyOf('policy');
  if (last === undefined || !equalBytes(decodeNote('policy', last).digest, policy.digest)) {
    const note = { digest: policy.digest, files: files.map(({ path, text }) => [path, text] as const) };
    record(world, (append) => append('policy', encodeNote('policy', note)));
  }
  return policy;
}

function monotoneClock(store: Store, ledger: StoredLedger, clock: Clock): Clock {
  let known = { size: 0, madeAt: 0 };
  return () => {
    const now = clock();
    const { size } = ledger;
    const found = size === known.size ? known : { size, madeAt: decodeEntry(ledger.entry(size - 1)).madeAt };
    // What a transaction wrote may be rolled back, and another entry stand there then; what is committed stays.
    if (!store.database.inTransaction) known = found;
    const last = found.madeAt;
    if (last - now > clockToleranceSeconds) {
      throw new ExecutorError(
        'home/clock',
        `the clock stands ${last - now} seconds before the ledger's last entry`,
        {
          hint: 'set the clock right; expiry cannot be judged without it',
        },
      );
    }
    return Math.max(now, last);
  };
}

function requireTarget(configuration: Configuration, name: string): TargetSetting {
  const setting = configuration.targets.get(name);
  if (setting === undefined) {
    throw new ExecutorError(
      'target/unknown',
      `no target ${JSON.stringify(name)}, there is ${listed([...configuration.targets.keys()])}`,
      {
        hint: 'targets stand in countersign.yaml',
      },
    );
  }
  return setting;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Makes the value again whenever the version it was made from has changed. */
function remembered<T>(make: () => T, version: () => number): () => T {
  let made: { readonly value: T; readonly version: number } | undefined;
  return () => {
    const now = version();
    if (made?.version !== now) made = { value: make(), version: now };
    return made.value;
  };
}
