import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
/** Built by `scripts/build-opa`; `scripts/setup tests` puts it here. */
export const OPA: string = join(ROOT, 'node_modules', '.bin', 'opa');

/** A bundle that is kept in this repository, so that its use needs no compiler. */
export interface KeptBundle {
  /** Relative to the root, as are the sources. */
  readonly file: string;
  readonly sources: readonly string[];
  readonly entrypoints: readonly string[];
  readonly revision: string;
}

export const BUNDLES: readonly KeptBundle[] = [
  {
    file: 'test/rego/verdict.tar.gz',
    sources: ['test/rego/verdict.rego', 'test/rego/data.json'],
    entrypoints: ['countersign/verdict'],
    revision: 'house-rules-1',
  },
  {
    file: 'test/rego/broken.tar.gz',
    sources: ['test/rego/broken.rego'],
    entrypoints: [
      'broken/good',
      'broken/nothing',
      'broken/conflict',
      'broken/clock',
      'broken/quotient',
      'broken/hog',
      'broken/spin',
      'broken/padded',
      'broken/wide',
      'broken/deep',
      'broken/truth',
      'broken/permit',
    ],
    revision: '',
  },
  {
    file: 'bench/rego/fifty.tar.gz',
    sources: ['bench/rego/fifty.rego'],
    entrypoints: ['fifty/verdict'],
    revision: '',
  },
];

/** Compiles a bundle's sources to WebAssembly and writes it to `path`. @throws Error with what `opa` said */
export function compileBundle({ sources, entrypoints, revision }: KeptBundle, path: string): void {
  const entries = entrypoints.flatMap((entrypoint) => ['-e', entrypoint]);
  const args = ['build', '-t', 'wasm', ...entries, '--revision', revision, '-o', path, ...sources];
  execFileSync(OPA, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
}
