import Type, { type TSchema } from 'typebox';
import {
  cell,
  count,
  diff,
  diffSummary,
  digest,
  facts,
  isSet,
  named,
  ordinary,
  orNull,
  requestFields,
  requestId,
  rowFields,
  texts,
  time,
  verdict,
  words,
  type Fields,
} from './answer-parts.ts';

const optional = Type.Optional;

/** Returns what every document has, with what this one has beside it. */
function document(fields: Fields, description?: string): TSchema {
  return Type.Object(
    {
      schema_version: Type.Literal(1),
      exit_code: Type.Integer({ description: 'how the command line would end' }),
      code: Type.String({ pattern: '^[a-z0-9-]+/[a-z0-9-]+$' }),
      ...fields,
    },
    description === undefined ? {} : { description },
  );
}

const said = { message: optional(Type.String()), hint: optional(Type.String()) };

const submitted = document(
  {
    ...said,
    state: Type.Enum(['denied', 'ran', 'pending']),
    request_id: requestId,
    target: Type.String(),
    verdict: named('verdict'),
    facts: named('facts'),
    break_glass: optional(isSet),
    results: optional(
      Type.Array(
        Type.Object({
          columns: texts,
          rows: Type.Array(Type.Array(cell)),
          truncated: Type.Boolean(),
          masked: optional(Type.Array(count)),
        }),
      ),
    ),
    digest: optional(digest),
    words: optional(words),
    diff: optional(named('diff_summary')),
    review_by: optional(time),
    run_by: optional(time),
    follows: optional(requestId),
    ordinary: optional(ordinary),
  },
  'as `submit --json`',
);

const inShort = document(
  { ...said, state: Type.String(), request_id: requestId, timed_out: optional(Type.Boolean()) },
  'of a submission that is still being worked on, or was sent again by whoever cannot be told more',
);

const request = document(
  { ...said, ...requestFields, timed_out: optional(Type.Boolean()) },
  'as `show --json`; `timed_out` where it was waited for',
);

const preview = document({
  ...said,
  target: Type.String(),
  verdict: named('verdict'),
  facts: named('facts'),
  diff: optional(named('diff_summary')),
});

const explained = document({
  verdict: named('verdict'),
  policy_verdict: optional(named('verdict')),
  rego: optional(
    Type.Object({
      verdict: named('verdict'),
      input_sha256: orNull(digest),
      input: Type.Unsafe({ type: ['object', 'null'] }),
    }),
  ),
  facts: named('facts'),
  tags: Type.Object({
    type: Type.Enum(['known', 'unknown']),
    fault: optional(Type.String()),
    read: optional(texts),
    written: optional(texts),
  }),
  budget: Type.Object({ requests_hour: count, requests_day: count, rows_hour: count, rows_day: count }),
  obligations: Type.Array(Type.Object({ name: Type.String(), value: Type.String() })),
  places: Type.Array(
    Type.Object({ rule: Type.String(), file: Type.String(), line: Type.Integer(), column: Type.Integer() }),
  ),
  conditions: Type.Array(Type.Object({ name: Type.String(), holds: orNull(Type.Boolean()) })),
  needed: texts,
});

const imported = document({
  ...said,
  decisions: Type.Array(
    Type.Object({
      path: Type.String(),
      outcome: Type.Enum(['counted', 'repeated', 'refused', 'unreadable']),
      state: optional(Type.String()),
      code: optional(Type.String()),
      message: optional(Type.String()),
      logged: Type.Boolean(),
      request_id: optional(requestId),
      choice: optional(Type.Enum(['approve', 'deny', 'amend'])),
      note: optional(Type.String()),
    }),
  ),
});

const target = { name: Type.String(), engine: Type.String(), tags: texts };

export type AnswerName =
  | 'submission'
  | 'request'
  | 'drafted'
  | 'preview'
  | 'explained'
  | 'requests'
  | 'diff'
  | 'entries'
  | 'imported'
  | 'targets'
  | 'target'
  | 'ledger_head'
  | 'inclusion'
  | 'consistency'
  | 'health';

/** Every document that a route answers with, by the name that its route gives. OpenAPI says them, and a test holds answers to them. */
export const answerSchemas: Readonly<Record<AnswerName, TSchema>> = {
  submission: Type.Union([submitted, request, inShort]),
  request: Type.Union([request, inShort]),
  drafted: document({
    request_id: requestId,
    to_sign: Type.String({ contentEncoding: 'base64' }),
    envelope_head: Type.String({ contentEncoding: 'base64' }),
    statements: texts,
    good_until: time,
  }),
  preview,
  explained,
  requests: document({ requests: Type.Array(Type.Object(rowFields)), next_cursor: optional(Type.String()) }),
  diff: document({ request_id: requestId, made_at: time, diff }),
  entries: document({
    request_id: requestId,
    entries: Type.Array(Type.Object({ index: count, type: Type.String(), made_at: time, body_hash: digest })),
  }),
  imported,
  targets: document({ targets: Type.Array(Type.Object(target)) }),
  target: document({
    ...target,
    version: Type.String(),
    prepared: Type.Boolean(),
    tables: Type.Array(Type.Object({ name: Type.String(), kind: Type.String(), columns: texts })),
    tables_left_out: count,
  }),
  ledger_head: document({ origin: Type.String(), size: count, checkpoint: Type.String() }),
  inclusion: document({
    index: count,
    size: count,
    entry: Type.String({ description: 'in hex' }),
    root: digest,
    proof: Type.Array(digest),
  }),
  consistency: document({ from: count, to: count, root: digest, proof: Type.Array(digest) }),
  health: document({}),
};

/** What answers refer to. */
export const answerParts: Readonly<Record<string, TSchema>> = {
  verdict,
  facts,
  diff_summary: diffSummary,
};
