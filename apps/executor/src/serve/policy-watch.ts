import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { World } from '../world.ts';

/**
 * Returns what makes the world read its policy again once the files have changed. A command reads them when it begins; a server would
 * go on with what it read on its first day. To be called before whatever asks the policy.
 */
export function watchPolicy(world: World): () => void {
  // The files are looked at before they are read: a change in between is seen the next time.
  let seen = policyFiles(world);
  world.rereadPolicy();
  return () => {
    const found = policyFiles(world);
    if (found === seen) return;
    seen = found;
    world.rereadPolicy();
  };
}

/** Names, sizes and times of everything that the policy is read from; a file that is not there is another state than one that is. */
function policyFiles({ paths, configuration }: World): string {
  const folder = resolve(paths.directory, configuration.policy);
  const bundles = [...configuration.targets.values()].flatMap(({ rego }) =>
    rego?.mode === 'wasm' ? [resolve(paths.directory, rego.bundle)] : [],
  );
  try {
    const files = readdirSync(folder).map((name) => join(folder, name));
    return JSON.stringify([...files, ...bundles].map(stateOf));
  } catch {
    // Reading the policy will say what is wrong; until then it is another state than any that was readable.
    return 'unreadable';
  }
}

function stateOf(path: string): readonly unknown[] {
  const { ino, size, mtimeMs, ctimeMs } = statSync(path);
  return [path, ino, size, mtimeMs, ctimeMs];
}
