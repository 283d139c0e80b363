import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Configuration } from '../home/configuration.ts';
import type { HomePaths } from '../home/home-directory.ts';

/** Milliseconds after which a change of a folder certainly shows in its times: file systems write them down in steps. */
const stepMs = 2_000;

/** What of the world is looked at. */
interface Watched {
  readonly paths: Pick<HomePaths, 'directory'>;
  readonly configuration: Pick<Configuration, 'policy' | 'targets'>;
  readonly rereadPolicy: () => void;
}

/**
 * Returns what makes the world read its policy again once the files have changed. A command reads them when it begins; a server would
 * go on with what it read on its first day. To be called before whatever asks the policy. The files are looked at once for all that is
 * asked in the same turn of the process.
 */
export function watchPolicy(world: Watched): () => void {
  const files = new PolicyFiles(world);
  // The files are looked at before they are read: a change in between is seen the next time.
  let seen = files.state();
  let isFresh = false;
  world.rereadPolicy();
  return () => {
    if (isFresh) return;
    isFresh = true;
    setImmediate(() => {
      isFresh = false;
    });
    const found = files.state();
    if (found === seen) return;
    seen = found;
    world.rereadPolicy();
  };
}

/** Everything that the policy is read from. */
class PolicyFiles {
  readonly #folder: string;
  readonly #bundles: readonly string[];
  /** The names in the folder as it stood then. */
  #listed: { readonly folder: string; readonly files: readonly string[] } | undefined;

  constructor({ paths, configuration }: Watched) {
    this.#folder = resolve(paths.directory, configuration.policy);
    this.#bundles = [...configuration.targets.values()].flatMap(({ rego }) =>
      rego?.mode === 'wasm' ? [resolve(paths.directory, rego.bundle)] : [],
    );
  }

  /** Names, sizes and times of all of them; a file that is not there is another state than one that is. */
  state(): string {
    try {
      return JSON.stringify([...this.#files(), ...this.#bundles].map(stateOf));
    } catch {
      // Reading the policy will say what is wrong; until then it is another state than any that was readable.
      return 'unreadable';
    }
  }

  /** A folder whose times are old has the names that it had when they were old already. */
  #files(): readonly string[] {
    const folder = JSON.stringify(stateOf(this.#folder));
    if (this.#listed?.folder === folder) return this.#listed.files;
    const changedAt = statSync(this.#folder).ctimeMs;
    const files = readdirSync(this.#folder).map((name) => join(this.#folder, name));
    this.#listed = Date.now() - changedAt > stepMs ? { folder, files } : undefined;
    return files;
  }
}

function stateOf(path: string): readonly unknown[] {
  const { ino, size, mtimeMs, ctimeMs } = statSync(path);
  return [path, ino, size, mtimeMs, ctimeMs];
}
