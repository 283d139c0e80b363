/** Compiles the Rego bundles that the tests and the benchmarks keep anew, by the `opa` of `scripts/build-opa`. */
import { join } from 'node:path';
import { BUNDLES, compileBundle } from './rego/bundles.ts';

for (const bundle of BUNDLES) {
  compileBundle(bundle, join(import.meta.dirname, '..', bundle.file));
  process.stdout.write(`${bundle.file}\n`);
}
