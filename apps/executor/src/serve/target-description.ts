import type { TargetSetting } from '../home/target-setting.ts';
import type { World } from '../world.ts';

/** Returns what may be named in a submission. Addresses and accounts are the operator's business. */
export function targetNames(world: World): readonly object[] {
  return [...world.configuration.targets.values()].map((setting) => shown(world, setting));
}

function shown(world: World, { name, tags }: TargetSetting): object {
  return { name, engine: world.target(name).engine, tags };
}

/** Returns tables and columns of a target with the tags that policy gives them. @throws `target/…` */
export async function describeTarget(world: World, name: string): Promise<object> {
  const setting = world.targetSetting(name);
  const { version, catalog, identity } = await world.target(setting.name).inspect();
  return {
    ...shown(world, setting),
    version,
    prepared: identity !== null,
    tables: [...catalog.tables].map(([table, { columns }]) => ({ name: table, columns })),
  };
}
