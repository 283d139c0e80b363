import { z } from 'zod';

/** Every answer: what is ours alone, and under `data` what is of others. */
const own = {
  code: z
    .string()
    .regex(/^[a-z0-9-]+\/[a-z0-9-]+$/)
    .describe('what came of the call, for programs'),
  message: z.string().describe('the same in words'),
  next: z.string().describe('what to do now'),
  notice: z.string().describe('how data is to be read').optional(),
};

const id = z.string().regex(/^[0-9a-f]{32}$/);
const time = z.string().describe('RFC 3339, UTC');

const verdict = z.looseObject({
  decision: z.enum(['allow', 'deny', 'require']),
  rules: z.array(z.string()),
  reason: z.string(),
});

const tableCounts = z.looseObject({
  table: z.string(),
  inserted: z.int(),
  updated: z.int(),
  deleted: z.int(),
});

const decision = z.looseObject({
  person: z.string(),
  choice: z.enum(['approve', 'deny', 'amend']),
  counted: z.boolean(),
  note: z.string().describe("the approver's own words").optional(),
  proposal: z.array(z.unknown()).describe('the statements that an amendment proposes').optional(),
});

const request = z.looseObject({
  request_id: id,
  state: z.string(),
  target: z.string(),
  submitter: z.string(),
  made_at: time,
  changed_at: time,
  review_by: time.optional(),
  run_by: time.optional(),
  words: z.string().describe('five words of the digest, for reading aloud').optional(),
  detail: z.string().optional(),
  verdict,
  found: z
    .array(z.string())
    .describe('what was found in statements that policy denies, such as a name that is not there')
    .optional(),
  diff: z.looseObject({ tables: z.array(tableCounts) }).optional(),
  missing: z.array(z.unknown()).describe('who must still approve').optional(),
  decisions: z.array(decision).optional(),
  results: z
    .array(z.looseObject({ columns: z.array(z.string()), rows: z.array(z.array(z.unknown())) }))
    .describe('rows of a read that ran')
    .optional(),
});

type Answered = Readonly<Record<string, unknown>>;

export const requestOutput: z.ZodType<Answered> = z.strictObject({ ...own, data: request });

export const waitOutput: z.ZodType<Answered> = z.strictObject({
  ...own,
  timed_out: z.boolean().describe('true when the request still waits'),
  data: request,
});

export const explainOutput: z.ZodType<Answered> = z.strictObject({
  ...own,
  data: z.looseObject({ verdict, needed: z.array(z.string()) }),
});

export const describeOutput: z.ZodType<Answered> = z.strictObject({
  ...own,
  data: z.looseObject({
    name: z.string(),
    engine: z.string(),
    version: z.string(),
    prepared: z.boolean(),
    tables: z.array(z.looseObject({ name: z.string(), columns: z.array(z.string()) })),
    tables_left_out: z.int(),
  }),
});
