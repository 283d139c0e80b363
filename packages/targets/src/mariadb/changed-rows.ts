import type { DryRunLimits } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { engineError } from './engine-error.ts';
import { exactly, imageByKey, imageWhole } from './images.ts';
import type { BuilderOf, Sides, TableChanges } from './images.ts';
import { KeySet } from './key-set.ts';
import { planKeys } from './keyed-rows.ts';
import type { KeyPlan, KeyQuery } from './keyed-rows.ts';
import { requireOthersUnchanged } from './locked-tables.ts';
import type { Scene } from './scene.ts';
import type { ServerKind } from './settings.ts';
import { requireKeysSeen } from './sights.ts';
import type { ColumnType } from './session.ts';
import type { TableShape } from './table-shapes.ts';
import type { Input } from './values.ts';

/**
 * Finds the rows that the statements of a transaction changed. Where every statement says by key which rows it means, those
 * are looked at; else every table that can have changed is compared whole. What is found is held against the engine's
 * own count of changed rows: each row that differs was counted, so when both are equal nothing else changed.
 */
export class ChangedRows {
  readonly #sides: Sides;
  readonly #scene: Scene;
  readonly #engine: ServerKind['engine'];
  readonly #limits: DryRunLimits;
  /** Keys of rows that may have changed, by table; undefined as soon as one statement does not say them. */
  #keys: Map<TableShape, KeySet> | undefined = new Map();

  constructor(sides: Sides, scene: Scene, engine: ServerKind['engine'], limits: DryRunLimits) {
    this.#sides = sides;
    this.#scene = scene;
    this.#engine = engine;
    this.#limits = limits;
  }

  /** Looks up the rows that the statement at `index` is about to change; what it returns does so for those it made. */
  async before(
    index: number,
    sql: string,
    inputs: readonly Input[],
  ): Promise<(changed: number) => Promise<void>> {
    const { facts } = this.#scene;
    if (facts.statements[index]?.writes.length === 0) return () => Promise.resolve();
    const plan = this.#plan(index, sql, inputs);
    if (plan === undefined) {
      this.#keys = undefined;
      return () => Promise.resolve();
    }
    await this.#look(plan.shape, plan.before);
    return (changed) => this.#look(plan.shape, plan.after(changed));
  }

  /**
   * Returns the changes of each table, ascending by name.
   * @param counted rows that the engine says the statements changed, a row once for each change
   * @param builderOf asked anew for each look at a table
   * @throws TargetError `limit/rows`, `limit/bytes`, `statement/unproved`, `target/rights`
   */
  async find(counted: number, builderOf: BuilderOf): Promise<TableChanges> {
    const { rowsMax, rowsScannedMax, bytesMax } = this.#limits;
    if (counted > rowsMax) {
      throw new TargetError('limit/rows', `statements change more than ${rowsMax} rows`);
    }
    if (counted === 0) return [];
    if (this.#keys !== undefined) {
      const tables = [...this.#keys].toSorted(([a], [b]) => byName(a, b));
      const keys = new Map(tables.map(([{ name }, set]) => [name, set]));
      const found = await exactly(
        tables.map(([shape]) => shape),
        (exact) => {
          const pairs = exact.map((shape) => [shape, keys.get(shape.name) ?? new KeySet(rowsMax)] as const);
          return imageByKey(this.#sides, pairs, { bytes: bytesMax, rowsScanned: 0 }, builderOf);
        },
      );
      if (leastCount(found) === counted) return found;
    }
    const { shapes } = this.#scene;
    const found = await exactly(shapes.toSorted(byName), (exact) =>
      imageWhole(this.#sides, exact, { bytes: bytesMax, rowsScanned: rowsScannedMax }, builderOf),
    );
    const least = leastCount(found);
    if (least > counted) {
      const text = `rows differ that take ${least} changes and the engine counts ${counted}; expected no more changed rows than it counts`;
      throw new TargetError('statement/unproved', text);
    }
    // Rows that were changed twice, or back: then the list of tables must be whole.
    if (least < counted) await this.#requireWhole(builderOf);
    return found;
  }

  #requireWhole(builderOf: BuilderOf): Promise<void> {
    const [sides, scene, limits] = [this.#sides, this.#scene, this.#limits];
    if (this.#engine === 'mysql') return requireOthersUnchanged(sides, scene, limits, builderOf);
    return requireKeysSeen(sides.observer, names(scene.shapes), scene.catalog);
  }

  #plan(index: number, sql: string, inputs: readonly Input[]): KeyPlan | undefined {
    const { facts, shapes, catalog } = this.#scene;
    const fact = facts.statements[index];
    if (this.#keys === undefined || fact === undefined) return undefined;
    return planKeys(sql, inputs, fact, shapes, this.#engine, catalog);
  }

  async #look(shape: TableShape, queries: readonly KeyQuery[]): Promise<void> {
    const { rowsMax } = this.#limits;
    for (const { sql, inputs } of queries) {
      const keys = this.#keys?.get(shape) ?? new KeySet(rowsMax);
      try {
        const take = (one: readonly unknown[], types: readonly ColumnType[]): boolean => {
          if (one.length === shape.key.length) keys.add(one, types);
          return true;
        };
        await this.#sides.writer.stream(sql, inputs, take, 'plain');
      } catch (cause) {
        // What the engine does not take as a query of its own is found by comparing. Other errors may have ended the transaction,
        // and the statement would then commit by itself.
        if (engineError(cause, undefined).code !== 'statement/invalid') throw cause;
        this.#keys = undefined;
      }
      if (keys.isOver) this.#keys = undefined;
      this.#keys?.set(shape, keys);
    }
  }
}

/**
 * How often the engine counted at least for these changes. A row that is gone and one that is new may be one row to it, changed
 * once, unless the primary key tells them apart.
 */
function leastCount(changes: TableChanges): number {
  return changes.reduce((sum, [{ keyIsPrimary }, builder]) => {
    const { inserted, deleted } = builder.counts;
    return sum + builder.count - (keyIsPrimary ? 0 : Math.min(inserted, deleted));
  }, 0);
}

function names(shapes: readonly TableShape[]): readonly string[] {
  return shapes.map(({ name }) => name);
}

function byName(a: TableShape, b: TableShape): number {
  return Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));
}
