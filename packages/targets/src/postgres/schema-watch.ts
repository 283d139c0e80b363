import { createHash } from 'node:crypto';
import type { SchemaChange, Setting, TableDiff } from '@countersign/diff';
import { qualified } from '@countersign/sql';
import type { DryRunLimits } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { printEngine, printOwn, printSchema } from './catalog-print.ts';
import { lockSettings, readLocks } from './locks.ts';
import { pairRelations, readRelations } from './relations.ts';
import type { Relation, RelationPair } from './relations.ts';
import { compareSchemas, readUntold, requireFew, requireShown, schemaMoved } from './schema-changes.ts';
import { readSchemaInFull } from './schema-in-full.ts';
import type { SchemaObject } from './schema-snapshot.ts';
import { changedPositions, readPositions } from './sequence-positions.ts';
import type { Sides as WatchedSides } from './sides.ts';
import {
  comparePair,
  countNew,
  droppedColumns,
  madeNotes,
  needsComparison,
  oldRowsKey,
  readOld,
} from './table-changes.ts';
import type { Done, OldRows } from './table-changes.ts';
import { changedSince, readCounters } from './touched.ts';
import type { Counters } from './touched.ts';

/** What a request's statements did to the schema, and to the rows of tables that cannot be watched from outside. */
export interface SchemaSeen {
  readonly schema: readonly SchemaChange[];
  readonly tables: readonly TableDiff[];
  readonly notPreviewed: readonly string[];
  readonly settings: readonly Setting[];
}

/** The transaction as it stands after the statements. */
export interface Standing extends Done {
  readonly relations: ReadonlyMap<string, Relation>;
  /** Pairs whose rows are compared as a whole. */
  readonly compared: readonly RelationPair[];
}

/** Number of `pg_authid`, the same in every database. */
const accountsOid = '1260';
const passwordNote = 'the password of a role is never shown, nor whether it changes';

type Sides = Pick<WatchedSides, 'writer' | 'observer'>;

const savepoint = 'countersign_before';
/** Times that statements are run for one look: the first shows which old rows are needed, and takes the right to read them. */
const passesMax = 3;

/**
 * Watches a transaction whose statements change the schema. It asks with no other schema in the path, where the engine writes every name
 * in full. A table that they lock against reading is read before they run a second time: first they show which tables these are, then
 * everything is taken back to a savepoint, which gives up the locks.
 */
export class SchemaWatch {
  readonly #sides: Sides;
  readonly #limits: DryRunLimits;
  readonly #old = new Map<string, OldRows>();
  readonly #positions = new Map<string, string>();
  readonly #room: { rows: number; bytes: number };
  #objects: readonly SchemaObject[] = [];
  #relations: ReadonlyMap<string, Relation> = new Map();
  #own = '';
  #engine = '';
  #print = '';
  #counters: Counters = new Map();

  constructor(sides: Sides, limits: DryRunLimits) {
    this.#sides = sides;
    this.#limits = limits;
    this.#room = { rows: limits.rowsScannedMax, bytes: limits.bytesMax };
  }

  /** Reads everything as it is, and sets the savepoint. */
  async begin(): Promise<void> {
    const { writer, observer } = this.#sides;
    this.#print = await printSchema(observer);
    this.#objects = await readSchemaInFull(writer);
    this.#relations = await readRelations(writer);
    this.#own = await printOwn(writer);
    this.#engine = await printEngine(writer);
    this.#counters = await readCounters(writer);
    await writer.query(`SAVEPOINT ${savepoint}`);
  }

  /**
   * Returns the transaction with every old row at hand that its comparison needs. `again` runs the statements once more,
   * `released` is told that no lock of theirs is held.
   * @throws TargetError `statement/…`, `limit/…`
   */
  async settle({
    again,
    released,
  }: {
    readonly again: () => Promise<void>;
    readonly released: () => void;
  }): Promise<Standing> {
    for (let pass = 1; ; pass += 1) {
      const standing = await this.#stand();
      const pairs = standing.compared.filter(
        (pair) => pair.before !== undefined && !this.#old.has(oldRowsKey(pair)),
      );
      const sequences = this.#rewrittenSequences(standing).filter(({ oid }) => !this.#positions.has(oid));
      if (pairs.length + sequences.length === 0) return standing;
      if (pass === passesMax) {
        throw new TargetError('statement/failed', 'statements touch other tables each time they are tried');
      }
      await this.#sides.writer.query('SET LOCAL row_security = off');
      const rowsAfter = await countNew(this.#sides.writer, pairs);
      await this.#back();
      released();
      await this.#readBefore(pairs, rowsAfter, sequences);
      await again();
    }
  }

  /** Says what changed. @throws TargetError `statement/…`, `limit/…`, `target/busy` */
  async finish(standing: Standing, made: ReadonlyMap<string, readonly number[]>): Promise<SchemaSeen> {
    const { writer, observer } = this.#sides;
    await this.#requireOthers(standing);
    const objects = await readSchemaInFull(writer);
    const moved = await changedPositions(writer, this.#rewrittenSequences(standing), this.#positions);
    const plain = withPositions(compareSchemas(this.#objects, objects), objects, moved);
    const untold = await readUntold(writer, observer);
    const rows = await this.#compare(standing, made);
    const pairs = pairRelations(this.#relations, standing.relations);
    return {
      ...rows,
      notPreviewed: [
        ...rows.notPreviewed,
        ...madeNotes(pairs),
        ...(standing.counters.has(accountsOid) ? [passwordNote] : []),
      ],
      schema: requireFew([...plain, ...untold]),
      settings: [
        ['schema_before', hashOf(this.#objects)],
        ...lockSettings(standing.locks, this.#relations, standing.relations),
        ...droppedColumns(pairs).map(([table, columns]): Setting => [
          `dropped ${table}`,
          columns.map((column) => qualified(column)).join(', '),
        ]),
      ],
    };
  }

  /** Names of sequences that were there before and still are as they were: whatever moves them stays. */
  standingSequences({ relations }: Standing): ReadonlySet<string> {
    const standing = [...relations.values()].filter(
      ({ oid, kind, file }) => kind === 'S' && this.#relations.get(oid)?.file === file,
    );
    return new Set(standing.map(({ name }) => name));
  }

  /** The observer's snapshot ends here. @throws TargetError `target/busy` when another session changed the schema meanwhile */
  async requireUnmoved(): Promise<void> {
    const { observer } = this.#sides;
    await observer.query('COMMIT');
    if ((await printSchema(observer)) !== this.#print) throw schemaMoved();
  }

  async #stand(): Promise<Standing> {
    const { writer } = this.#sides;
    const relations = await readRelations(writer);
    const counters = await changedSince(writer, this.#counters);
    const locks = await readLocks(writer);
    const compared = pairRelations(this.#relations, relations).filter((pair) =>
      needsComparison(pair, { counters, locks }),
    );
    return { relations, counters, locks, compared };
  }

  async #back(): Promise<void> {
    const { writer } = this.#sides;
    await writer.query(`ROLLBACK TO SAVEPOINT ${savepoint}`);
    this.#counters = await readCounters(writer);
  }

  /** Reads under a savepoint of its own, so that no lock of a reader stays. */
  async #readBefore(
    pairs: readonly RelationPair[],
    rowsAfter: ReadonlyMap<RelationPair, number>,
    sequences: readonly Relation[],
  ): Promise<void> {
    const { writer } = this.#sides;
    await writer.query('SET LOCAL row_security = off');
    for (const pair of pairs) {
      const old = await readOld(writer, pair, rowsAfter.get(pair) ?? 0, this.#room);
      this.#old.set(oldRowsKey(pair), old);
    }
    for (const [oid, position] of await readPositions(writer, sequences)) this.#positions.set(oid, position);
    await this.#back();
  }

  #rewrittenSequences({ relations }: Standing): Relation[] {
    return [...relations.values()].filter(({ oid, kind, file }) => {
      const was = this.#relations.get(oid);
      return kind === 'S' && was !== undefined && was.file !== file;
    });
  }

  async #compare(
    standing: Standing,
    made: ReadonlyMap<string, readonly number[]>,
  ): Promise<Pick<SchemaSeen, 'tables' | 'notPreviewed'>> {
    const tables: TableDiff[] = [];
    const notPreviewed: string[] = [];
    for (const pair of standing.compared) {
      const old = this.#old.get(oldRowsKey(pair)) ?? { kind: 'rows', rows: [] };
      const compared = { pair, old, done: standing, made: made.get(pair.after?.name ?? '') ?? [] };
      const found = await comparePair(this.#sides.writer, compared, this.#limits, this.#room);
      notPreviewed.push(...found.notPreviewed);
      if (found.diff !== undefined) tables.push(found.diff);
    }
    return { tables, notPreviewed };
  }

  /** What no text of the schema shows is refused. */
  async #requireOthers({ counters }: Standing): Promise<void> {
    const { writer } = this.#sides;
    if ((await printOwn(writer)) !== this.#own) {
      throw new TargetError('statement/own-tables', 'statement changes the objects of Countersign itself');
    }
    if ((await printEngine(writer)) !== this.#engine) {
      throw new TargetError(
        'statement/changes-schema',
        'statement changes an object of pg_catalog or information_schema, which no diff shows: a database administrator has to do it outside Countersign',
      );
    }
    const temporary = await writer.first(
      `SELECT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace = pg_catalog.pg_my_temp_schema())
         OR EXISTS (SELECT FROM pg_catalog.pg_proc WHERE pronamespace = pg_catalog.pg_my_temp_schema())
         OR EXISTS (SELECT FROM pg_catalog.pg_type WHERE typnamespace = pg_catalog.pg_my_temp_schema())`,
    );
    if (temporary === 't') {
      throw new TargetError(
        'statement/temporary',
        'statement makes a temporary object, which is gone with the session',
      );
    }
    await requireShown(writer, [...counters.keys()]);
  }
}

/** Adds where rewritten sequences continue to the changes of the schema. */
function withPositions(
  changes: readonly SchemaChange[],
  objects: readonly SchemaObject[],
  moved: ReadonlyMap<string, string>,
): SchemaChange[] {
  const named = new Map(
    objects.flatMap(({ type, name, text, place }) =>
      type === 'sequence' && moved.has(place.oid)
        ? [[name, { text, position: moved.get(place.oid) ?? '' }] as const]
        : [],
    ),
  );
  const said = changes.map((one) => {
    const position = one.object === 'sequence' ? named.get(one.name)?.position : undefined;
    return position === undefined || one.after === null
      ? one
      : { ...one, after: `${one.after}\n${position}` };
  });
  const others = [...named].filter(
    ([name]) => !changes.some((one) => one.object === 'sequence' && one.name === name),
  );
  return [
    ...said,
    ...others.map(([name, { text, position }]): SchemaChange => ({
      object: 'sequence',
      name,
      before: text,
      after: `${text}\n${position}`,
    })),
  ];
}

/** Of this database alone: other databases and roles come and go. */
function hashOf(objects: readonly SchemaObject[]): string {
  const sum = createHash('sha256').update('countersign postgres schema in full 1\n');
  const elsewhere: ReadonlySet<string> = new Set(['role', 'database', 'settings']);
  for (const { type, name, text } of objects) {
    if (!elsewhere.has(type)) sum.update(`${JSON.stringify([type, name, text])}\n`);
  }
  return sum.digest('hex');
}
