import { z } from 'zod';

// INVARIANT: every object here is strict. A call with `confirm`, `approve` or anything else that is not named is refused as a whole.

/** The longest wait of one call, in seconds: clients give calls up after 60 to 120. */
export const waitSecondsMax = 50;

const text = (lengthMax: number, about: string): z.ZodString =>
  z.string().min(1).max(lengthMax).describe(about);

const requestId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .describe('the whole request_id, 32 hexadecimal digits');

const target = text(64, 'name of the database; may be left out when there is only one').optional();

/** A value for a placeholder; JSON has no numbers that keep their digits and no bytes. */
export type Parameter =
  null | boolean | number | string | { readonly number: string } | { readonly hex: string };

const parameter: z.ZodType<Parameter> = z
  .union([
    z.null(),
    z.boolean(),
    z.int(),
    z.string().max(1_000_000),
    z.strictObject({ number: z.string().max(1000) }),
    z.strictObject({ hex: z.string().max(2_000_000) }),
  ])
  .describe('a value; {"number": "1.50"} for numbers that are not whole, {"hex": "00ff"} for bytes');

/** What an agent says of itself and its purpose. Approvers see all of it as claims that nobody checked. */
export interface Claims {
  readonly ticket?: string | undefined;
  readonly correlation_id?: string | undefined;
  readonly on_behalf_of?: string | undefined;
  readonly agent_model?: string | undefined;
  readonly intent?: string | undefined;
}

const claims = {
  ticket: text(1000, 'ticket this belongs to').optional(),
  correlation_id: text(1000, "the caller's own id for this submission").optional(),
  on_behalf_of: text(1000, 'the person for whom this is asked; shown to approvers as a claim').optional(),
  agent_model: text(1000, 'the model that wrote the statements; shown to approvers as a claim').optional(),
  intent: text(1000, 'what the statements are meant to reach; shown to approvers as a claim').optional(),
};

const reason = text(4096, 'why this should run, in plain words; the approvers read it');
const sql = text(
  1_000_000,
  'one statement, or several that belong together; exactly this text is judged and run',
);

/** What `submit_query` is called with. */
export interface SubmitInput extends Claims {
  readonly target?: string | undefined;
  readonly sql?: string | undefined;
  readonly parameters?: readonly Parameter[] | Readonly<Record<string, Parameter>> | undefined;
  readonly reason?: string | undefined;
  readonly amendment?: string | undefined;
  readonly rows_max?: number | undefined;
}

export const submitInput: z.ZodType<SubmitInput> = z.strictObject({
  target,
  sql: sql.optional(),
  parameters: z
    .union([z.array(parameter).max(10_000), z.record(z.string().min(1).max(256), parameter)])
    .describe(
      'values for the placeholders, in order; or by name where the statement names them (SQLite, :name)',
    )
    .optional(),
  reason: reason.optional().describe('why this should run, in plain words; needed beside sql'),
  amendment: requestId
    .describe('instead of sql: take up the statements that an approver proposed for this request')
    .optional(),
  rows_max: z.int().min(1).max(1000).describe('rows shown of each result (default 100)').optional(),
  ...claims,
});

export interface RequestInput {
  readonly request_id: string;
}

export const requestInput: z.ZodType<RequestInput> = z.strictObject({ request_id: requestId });

export interface WaitInput extends RequestInput {
  readonly timeout_seconds?: number | undefined;
}

export const waitInput: z.ZodType<WaitInput> = z.strictObject({
  request_id: requestId,
  timeout_seconds: z.int().min(0).max(waitSecondsMax).describe('how long to wait (default 30)').optional(),
});

export interface ExplainInput extends Claims {
  readonly target?: string | undefined;
  readonly sql: string;
  readonly reason?: string | undefined;
}

export const explainInput: z.ZodType<ExplainInput> = z.strictObject({
  target,
  sql,
  reason: reason.optional(),
  ...claims,
});

export interface DescribeInput {
  readonly target?: string | undefined;
}

export const describeInput: z.ZodType<DescribeInput> = z.strictObject({ target });
