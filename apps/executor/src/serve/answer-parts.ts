import { DIALECTS, EFFECTS, WHERE_FORMS } from '@countersign/sql';
import Type, { type TSchema } from 'typebox';

// What stands inside of answers. None is closed: more may come, and clients are to pass over what they do not know.

export type Fields = Readonly<Record<string, TSchema>>;

export const words: Type.TString = Type.String({ pattern: '^\\S+( \\S+){4}$' });
export const requestId: Type.TString = Type.String({ pattern: '^[0-9a-f]{32}$' });
export const digest: Type.TString = Type.String({ pattern: '^[0-9a-f]{64}$' });
export const time: Type.TString = Type.String({ format: 'date-time' });
export const count: Type.TInteger = Type.Integer({ minimum: 0 });
export const texts: Type.TArray<Type.TString> = Type.Array(Type.String());
export const isSet: TSchema = Type.Literal(true);

export const orNull = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
export const named = (name: string): TSchema => Type.Unsafe({ $ref: `#/components/schemas/${name}` });
const optional = Type.Optional;

/** A value of the database, with the type that it has there. */
export const cell: TSchema = Type.Object({
  type: Type.Enum(['null', 'integer', 'text', 'bytes', 'number', 'boolean']),
  value: optional(Type.Union([Type.Integer(), Type.String(), Type.Boolean()])),
});

const places = Type.Array(Type.Object({ role: Type.String(), count: Type.Integer(), step: Type.Integer() }));
const decision = Type.Enum(['allow', 'deny', 'require']);

export const verdict: TSchema = Type.Object({
  decision,
  rules: texts,
  reason: Type.String(),
  policy_digest: digest,
  quorum: optional(places),
  matched: optional(
    Type.Array(Type.Object({ rule: Type.String(), effect: Type.String(), reason: Type.String() })),
  ),
  pending: optional(texts),
});

export const ordinary: TSchema = Type.Object(
  { decision, quorum: places },
  { description: 'what policy says without the declaration of an emergency' },
);

const hazards = {
  hazards: texts,
  hazard_spans: Type.Array(Type.Object({ code: Type.String(), text: count, offset: count, length: count })),
};

export const facts: TSchema = Type.Object(
  {
    schema_version: Type.Literal(1),
    dialect: Type.Enum([...DIALECTS]),
    parsed: Type.Boolean(),
    statements: Type.Array(
      Type.Object({
        sql: Type.String(),
        kind: Type.String(),
        effects: texts,
        writes: texts,
        reads: texts,
        columns: Type.Object({ read: texts, written: texts }),
        where: Type.Enum([...WHERE_FORMS]),
        limited: Type.Boolean(),
        functions: texts,
        ...hazards,
        opaque: Type.Boolean(),
      }),
    ),
    assumes: Type.Object({ relations: texts, functions: texts, casts: texts, operators: texts }),
    effect: Type.Enum([...EFFECTS]),
    read_only: Type.Boolean(),
    ...hazards,
  },
  { description: 'as `classify --json`' },
);

const tableCounts = Type.Object({ table: Type.String(), inserted: count, updated: count, deleted: count });
const summary = {
  digest,
  tables: Type.Array(tableCounts),
  schema: Type.Array(
    Type.Object({
      object: Type.String(),
      name: Type.String(),
      before: orNull(Type.String()),
      after: orNull(Type.String()),
    }),
  ),
  not_previewed: texts,
  complete: Type.Boolean(),
};
const byColumn = orNull(Type.Record(Type.String(), cell));

export const diffSummary: TSchema = Type.Object(summary);
export const diff: TSchema = Type.Object({
  ...summary,
  rows: Type.Array(
    Type.Object({
      table: Type.String(),
      change: Type.Enum(['insert', 'update', 'delete']),
      key: texts,
      before: byColumn,
      after: byColumn,
    }),
  ),
});

const sides = (side: TSchema): TSchema => Type.Object({ approved: side, now: side });
const counts = orNull(Type.Object({ inserted: count, updated: count, deleted: count }));
const happens = orNull(Type.Enum(['insert', 'update', 'delete']));
const images = orNull(Type.Object({ before: orNull(cell), after: orNull(cell) }));
const tolerance = Type.Object({ columns: texts, fewer_rows: Type.Boolean() });

const drift = Type.Object({
  tables: Type.Array(
    Type.Object({
      table: Type.String(),
      approved: counts,
      now: counts,
      rows: Type.Array(
        Type.Object({
          key: Type.Array(Type.Object({ column: Type.String(), value: cell })),
          approved: happens,
          now: happens,
          columns: Type.Array(Type.Object({ column: Type.String(), approved: images, now: images })),
        }),
      ),
      rows_left_out: count,
      columns_differ: optional(isSet),
      complete: Type.Boolean(),
    }),
  ),
  schema: sides(texts),
  not_previewed: sides(texts),
  environment: sides(texts),
  tolerated: optional(tolerance),
});

const statements = Type.Array(Type.Object({ sql: Type.String(), params: Type.Array(cell) }));
const asRun = Type.Object({
  digest,
  rows: count,
  tables: Type.Array(tableCounts),
  complete: Type.Boolean(),
});

/** What a list says of a request. */
export const rowFields: Fields = {
  request_id: requestId,
  sequence: Type.Integer({ minimum: 1 }),
  state: Type.String({ description: 'docs/architecture.md draws the states' }),
  target: Type.String(),
  submitter: Type.String(),
  made_at: time,
  changed_at: time,
  digest: optional(digest),
  words: optional(words),
  review_by: optional(time),
  run_by: optional(time),
  break_glass: optional(isSet),
  detail: optional(Type.String()),
};

/** What stands in the answers about one request: the rest once it was sealed. */
export const requestFields: Fields = {
  ...rowFields,
  submitter_revoked: optional(isSet),
  verdict: named('verdict'),
  statements: optional(statements),
  facts: optional(named('facts')),
  diff: optional(named('diff_summary')),
  drift: optional(drift),
  effect: optional(
    Type.Object({
      rows: count,
      tables: Type.Array(tableCounts),
      diff_digest: digest,
      diff_size: count,
      complete: Type.Boolean(),
      not_previewed: texts,
      schema_changes: texts,
      untried: optional(isSet),
      on_copy: optional(isSet),
    }),
  ),
  tolerance: optional(Type.Object({ may_drift: texts, fewer_rows: Type.Boolean() })),
  as_run: optional(orNull(asRun)),
  quorum: optional(places),
  missing: optional(Type.Array(Type.Object({ role: Type.String(), count: Type.Integer() }))),
  follows: optional(requestId),
  ordinary: optional(ordinary),
  attempts: optional(count),
  decisions: optional(
    Type.Array(
      Type.Object({
        person: Type.String(),
        choice: Type.Enum(['approve', 'deny', 'amend']),
        counted: Type.Boolean(),
        refused: optional(Type.String()),
        note: optional(Type.String()),
        conditions: optional(
          Type.Object({ rows_max: optional(count), not_before: optional(count), not_after: optional(count) }),
        ),
        proposal: optional(statements),
        made_at: time,
      }),
    ),
  ),
};
