import type { ExitCode, Implementation, Invocation } from '@countersign/program';
import { openWorld, type WorldOptions } from '../home/open-world.ts';
import type { World } from '../world.ts';

/** What a command that works in a home gets. */
export interface Session extends Invocation {
  readonly world: World;
}

// Set by a test's own entry point before anything runs; the programs people start never set it.
let worldOptions: WorldOptions = {};

/** Puts a test's clock and fault points in the place of the machine's, for every command of this process. */
export function useWorldOptions(options: WorldOptions): void {
  worldOptions = options;
}

/** Returns a command that opens the home first and closes it whatever happens; one that `stays` serves many calls. */
export function inHome(
  act: (session: Session) => Promise<ExitCode> | ExitCode,
  { stays = false }: { readonly stays?: boolean } = {},
): Implementation {
  return async (invocation) => {
    const options = { ...worldOptions, stays };
    const world = await openWorld(invocation.run, invocation.options.text('home'), options);
    try {
      return await act({ ...invocation, world });
    } finally {
      await world.close();
    }
  };
}
