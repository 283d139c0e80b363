import { readFileCarefully } from '@countersign/program';
import type { RegoSource } from '@countersign/policy';
import { resolve } from 'node:path';
import { ExecutorError } from '../executor-error.ts';
import { bundleBytesMax, readRegoBundle } from '../rego/bundle.ts';
import type { RegoPolicy } from '../rego/rego-policy.ts';
import { loopbackUrl, ServerPolicy } from '../rego/server-policy.ts';
import { WasmPolicy } from '../rego/wasm-policy.ts';
import type { Configuration, TargetSetting } from './configuration.ts';
import type { HomePaths } from './home-directory.ts';
import type { RegoSetting } from './rego-setting.ts';

/** A Rego policy with what the policy's digest says of it: made of the same bytes. */
export interface NamedRegoPolicy {
  readonly source: RegoSource;
  readonly policy: RegoPolicy;
}

/**
 * Reads the Rego policies of all targets; nothing is started or asked yet.
 * @throws `configuration/rego`, `file/…`
 */
export function readRegoPolicies(
  paths: HomePaths,
  { targets }: Pick<Configuration, 'targets'>,
): ReadonlyMap<string, NamedRegoPolicy> {
  const policies = new Map<string, NamedRegoPolicy>();
  for (const { name, rego } of targets.values()) {
    if (rego !== undefined) policies.set(name, readPolicy(paths, name, rego));
  }
  return policies;
}

function readPolicy(paths: HomePaths, target: TargetSetting['name'], rego: RegoSetting): NamedRegoPolicy {
  switch (rego.mode) {
    case 'server': {
      const url = loopbackUrl(rego.url);
      if (url === undefined) throw new ExecutorError('configuration/rego', `${target}: no loopback address`);
      return {
        source: { mode: 'server', url: rego.url },
        policy: new ServerPolicy(url, rego.timeoutMs),
      };
    }
    case 'wasm': {
      const bytes = readFileCarefully(resolve(paths.directory, rego.bundle), { bytesMax: bundleBytesMax });
      const bundle = readRegoBundle(bytes, rego.entrypoint);
      return {
        source: { mode: 'wasm', bundle: bundle.digest, entrypoint: rego.entrypoint },
        policy: new WasmPolicy(bundle, rego.entrypoint, rego.timeoutMs),
      };
    }
  }
}
