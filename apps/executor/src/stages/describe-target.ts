import { namedRelations, type CatalogTable, type Dialect } from '@countersign/sql';
import type { Person } from '@countersign/messages';
import { scopeReach } from '@countersign/policy';
import { ExecutorError } from '../executor-error.ts';
import type { World } from '../world.ts';

const tablesMax = 200;

/** What whoever writes statements needs to know of a target. */
export interface TargetDescription {
  readonly name: string;
  readonly engine: Dialect;
  readonly version: string;
  readonly tags: readonly string[];
  /** Whether anything can be submitted for it. */
  readonly prepared: boolean;
  readonly tables: readonly DescribedTable[];
  readonly tablesLeftOut: number;
}

export interface DescribedTable {
  readonly name: string;
  readonly kind: CatalogTable['kind'];
  readonly columns: readonly string[];
}

/**
 * Returns the engine of a target and the tables that the person may name, by the names that facts and policy use. Nothing is said
 * of where the target is or by which account it is reached.
 * @throws `identity/out-of-scope`
 */
export async function describeTarget(
  world: World,
  name: string,
  person: Person,
): Promise<{
  readonly code: 'target/described' | 'target/unprepared';
  readonly description: TargetDescription;
}> {
  const { id, kind, roles } = person;
  const mayName = scopeReach(world.policy().scopes, { id, kind, roles }, name);
  if (mayName === undefined) {
    throw new ExecutorError('identity/out-of-scope', `${id} may not submit for target ${name}`);
  }
  const { engine, version, identity, catalog } = await world.target(name).inspect();
  const tables = [...namedRelations(engine, catalog)].filter(([table]) => mayName(table));
  return {
    code: identity === null ? 'target/unprepared' : 'target/described',
    description: {
      name,
      engine,
      version,
      tags: world.targetSetting(name).tags,
      prepared: identity !== null,
      tables: tables.slice(0, tablesMax).map(([table, relation]) => ({
        name: table,
        kind: relation.kind,
        columns: [...relation.columns].map((column) => column.slice(table.length + 1)),
      })),
      tablesLeftOut: Math.max(0, tables.length - tablesMax),
    },
  };
}
