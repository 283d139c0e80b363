import { fromHex, toHex } from '@countersign/codec';
import type { Pair } from '@countersign/messages';
import { Options } from '@countersign/program';
import Type from 'typebox';
import { contextOf, statementsOf } from '../commands/draft.ts';
import { parameterTexts } from '../commands/parameters.ts';
import { againOf } from '../stages/again.ts';
import { proposalOf } from '../stages/amendment.ts';
import { reservedOf, withToken } from '../stages/context.ts';
import type { Draft } from '../stages/intake.ts';
import { undoneBy } from '../stages/undo.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';
import type { Caller } from './caller.ts';
import { visibleRequest } from './known-id.ts';
import { ServeRefused } from './refusal.ts';

const text = (maxLength: number): Type.TString => Type.String({ minLength: 1, maxLength });

const requestId = (description: string): Type.TString =>
  Type.String({ pattern: '^[0-9a-f]{32}$', description });

const param = Type.Union([
  Type.Null(),
  Type.Boolean(),
  Type.Integer({ minimum: -9_007_199_254_740_991, maximum: 9_007_199_254_740_991 }),
  Type.String({ maxLength: 1_000_000 }),
  Type.Object(
    { number: text(1_024) },
    { additionalProperties: false, description: 'a number as text, such as "1.50"' },
  ),
  Type.Object(
    { hex: Type.String({ maxLength: 1_000_000 }) },
    { additionalProperties: false, description: 'bytes' },
  ),
]);

/** What somebody wants run, as JSON that {@link draftSchema} let through. */
export interface DraftBody {
  readonly target?: string;
  readonly sql?: string;
  readonly params?: readonly unknown[] | Readonly<Record<string, unknown>>;
  readonly amendment?: string;
  readonly again?: string;
  readonly reason?: string;
  readonly ticket?: string;
  readonly correlation_id?: string;
  readonly on_behalf_of?: string;
  readonly agent_model?: string;
  readonly intent?: string;
  readonly backup?: string;
  readonly backup_at?: string;
  readonly break_glass?: boolean;
  readonly context?: Readonly<Record<string, string>>;
}

export const draftSchema: Type.TSchema = Type.Object(
  {
    target: Type.Optional(text(64)),
    sql: Type.Optional(text(1_000_000)),
    params: Type.Optional(
      Type.Union(
        [
          Type.Array(param, { maxItems: 10_000 }),
          Type.Record(Type.String({ pattern: '^[^=]{1,256}$' }), param, { maxProperties: 10_000 }),
        ],
        { description: 'values for the places of the statement, in order or (SQLite) by name' },
      ),
    ),
    amendment: Type.Optional(
      requestId(
        'in place of target and sql: take up the statements that an approver proposed for this request',
      ),
    ),
    again: Type.Optional(
      requestId(
        'in place of target and sql: submit once more what drifted, failed, expired or was withdrawn, with what is given in place',
      ),
    ),
    reason: Type.Optional(text(4_096)),
    ticket: Type.Optional(text(1_024)),
    correlation_id: Type.Optional(text(1_024)),
    on_behalf_of: Type.Optional(text(1_024)),
    agent_model: Type.Optional(text(1_024)),
    intent: Type.Optional(text(1_024)),
    backup: Type.Optional(text(1_024)),
    backup_at: Type.Optional(text(32)),
    break_glass: Type.Optional(
      Type.Boolean({
        description: 'declare an emergency; it is part of what is signed, and approves nothing',
      }),
    ),
    context: Type.Optional(
      Type.Record(Type.String({ pattern: '^[^=]{1,64}$' }), Type.String({ maxLength: 1_024 }), {
        maxProperties: 32,
      }),
    ),
  },
  {
    additionalProperties: false,
    oneOf: [
      { required: ['target', 'sql', 'reason'], properties: { amendment: false, again: false } },
      { required: ['amendment'], properties: { target: false, sql: false, params: false, again: false } },
      { required: ['again'], properties: { target: false, sql: false, params: false, amendment: false } },
    ],
  },
);

/**
 * Returns the draft of a caller's body, made as the command line makes it. `tokenHash` is put into the context when a token speaks for
 * the submitter.
 * @throws ServeRefused `serve/body` for a name that only the executor may say, and for an undo again; what the command line refuses with
 */
export function draftOf(world: World, caller: Caller, body: DraftBody, tokenHash: string | undefined): Draft {
  const draft = {
    ...plainDraftOf(world, caller, body),
    ...(body.break_glass === true ? { breakGlass: true as const } : {}),
  };
  return tokenHash === undefined ? draft : { ...draft, context: withToken(draft.context, tokenHash) };
}

function plainDraftOf(world: World, caller: Caller, body: DraftBody): Draft {
  const { target = '', sql = '', params = [], reason, amendment, again } = body;
  const context = contextIn(body);
  if (amendment !== undefined) {
    const row = visibleRequest(world, caller, fromHex(amendment));
    return { ...proposalOf(world, row, reason), context };
  }
  if (again !== undefined) {
    const row = visibleRequest(world, caller, fromHex(again));
    requireNoUndo(world, row);
    return againOf(world, row, { reason, context });
  }
  const { name } = world.targetSetting(target);
  const statements = statementsOf(sql, parameterTexts(params), world.target(name).engine);
  return { target: name, statements, reason: reason ?? '', context, follows: null };
}

function contextIn(body: DraftBody): readonly Pair[] {
  const named = Object.entries(body.context ?? {}).map(([name, value]) => `${name}=${value}`);
  requireFree(Object.keys(body.context ?? {}));
  const options = new Options({
    ticket: body.ticket,
    correlationId: body.correlation_id,
    onBehalfOf: body.on_behalf_of,
    agentModel: body.agent_model,
    intent: body.intent,
    backup: body.backup,
    backupAt: body.backup_at,
    context: named,
  });
  return contextOf(options);
}

/** What approvers of an undo are told is found by trying it before it is signed, which nobody does here. docs/spec/diff.md#undo */
function requireNoUndo(world: World, row: RequestRow): void {
  if (undoneBy(world, row) === undefined) return;
  throw new ServeRefused('serve/body', 'an undo is not submitted again over HTTP', {
    hint: `on the executor: countersign submit --again ${toHex(row.id)}`,
  });
}

/** @throws ServeRefused `serve/body` */
export function requireFree(names: readonly string[]): void {
  const reserved = reservedOf(names);
  if (reserved !== undefined)
    throw new ServeRefused('serve/body', `the context names ${reserved}, which only the executor may say`);
}
