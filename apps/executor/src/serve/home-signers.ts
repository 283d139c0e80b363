import type { Signer } from '@countersign/codec';
import type { ProgramRun } from '@countersign/program';
import { ExecutorError } from '../executor-error.ts';
import { loadIdentity } from '../home/identity.ts';
import type { World } from '../world.ts';

/** The keys that this home holds for services and agents, each opened once. */
export class HomeSigners {
  readonly #world: World;
  readonly #run: ProgramRun;
  readonly #signers = new Map<string, Signer>();

  constructor(world: World, run: ProgramRun) {
    this.#world = world;
    this.#run = run;
  }

  /** Returns what signs for an identity. @throws `identity/…`, `keyfile/…`, `passphrase/…` */
  async of(name: string): Promise<Signer> {
    const known = this.#signers.get(name);
    if (known !== undefined) return known;
    const { signer } = await loadIdentity(this.#world, this.#run, { as: name });
    this.#signers.set(name, signer);
    return signer;
  }

  /** Returns what {@link of} returns, or undefined when this home holds no key of an identity. */
  async held(name: string): Promise<Signer | undefined> {
    try {
      return await this.of(name);
    } catch (thrown) {
      if (thrown instanceof ExecutorError && thrown.code === 'identity/unknown') return undefined;
      throw thrown;
    }
  }
}
