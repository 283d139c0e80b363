import type { Person } from '@countersign/messages';
import { scopeReach } from '@countersign/policy';
import type { World } from '../world.ts';

/** Returns the targets that a person may name in a submission. Addresses and accounts are the operator's business. */
export function targetNames(world: World, { id, kind, roles }: Person): readonly object[] {
  const { scopes } = world.policy();
  return [...world.configuration.targets.values()]
    .filter(({ name }) => scopeReach(scopes, { id, kind, roles }, name) !== undefined)
    .map(({ name, tags }) => ({ name, engine: world.target(name).engine, tags }));
}
