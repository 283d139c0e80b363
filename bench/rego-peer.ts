import { readRegoResults, regoDocument, type Policy, type PolicyInput } from '@countersign/policy';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRegoBundle } from '../apps/executor/src/rego/bundle.ts';
import { loadModule } from '../apps/executor/src/rego/wasm-thread.ts';
import { requireAnswer } from './benchmark.ts';

const entrypoint = 'fifty/verdict';

/** OPA with the fifty rules, compiled to WebAssembly and run in this thread: nothing but its decision takes time. */
export interface RegoPeer {
  /** Decides on an input document that was made before. */
  readonly decide: (document: object) => unknown;
  /** Returns the input document, and requires that OPA decides on it as our policy does. */
  readonly prepare: (policy: Policy, input: PolicyInput, decision: string) => object;
}

export async function loadRegoPeer(): Promise<RegoPeer> {
  const bytes = new Uint8Array(readFileSync(join(import.meta.dirname, 'rego', 'fifty.tar.gz')));
  const { wasm, data } = readRegoBundle(bytes, entrypoint);
  const decide = await loadModule({ wasm, data, entrypoint, memoryPagesMax: 1024 });
  return {
    decide,
    prepare: (policy, input, decision) => {
      const made = regoDocument(policy, input);
      const document = JSON.parse(made.type === 'document' ? made.text : 'null') as object;
      const outcome = readRegoResults(JSON.stringify(decide(document)));
      requireAnswer(outcome.type === 'answered' && outcome.decision === decision, `OPA decides ${decision}`);
      return document;
    },
  };
}
