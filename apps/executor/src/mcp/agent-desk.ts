import { fromHex, keyId, toHex } from '@countersign/codec';
import { Options, quote } from '@countersign/program';
import { contextOf, statementsOf, targetOf } from '../commands/draft.ts';
import { explainIntake } from '../commands/policy.ts';
import { requestDocument } from '../commands/request-document.ts';
import { ExecutorError } from '../executor-error.ts';
import { pause } from '../notify/pause.ts';
import { proposalOf } from '../stages/amendment.ts';
import { closeDue } from '../stages/expire.ts';
import { takeIn, type Draft, type Identity } from '../stages/intake.ts';
import { runRequest } from '../stages/run.ts';
import { submitDraft } from '../stages/submit.ts';
import { requireSubmitter } from '../stages/submitter.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { World } from '../world.ts';
import type { Answer } from './answer.ts';
import { describeTarget } from './describe-target.ts';
import { nextFor } from './guidance.ts';
import type { Claims, DescribeInput, ExplainInput, RequestInput, SubmitInput, WaitInput } from './inputs.ts';
import { Line } from './line.ts';
import { shownResults } from './shown-results.ts';

const waitingMax = 16;
const waitsMax = 32;
const pollMs = 250;
const waitSecondsDefault = 30;
const rowsDefault = 100;

/**
 * What an agent may do: the stages that the commands call, for one identity. It sees the requests of that identity and no others,
 * carries no decision in, and has nothing that approves.
 */
export class AgentDesk {
  readonly #world: World;
  readonly #signer: Identity['signer'];
  readonly #line = new Line(waitingMax);
  #waits = 0;

  constructor(world: World, { signer }: Identity) {
    this.#world = world;
    this.#signer = signer;
  }

  /** Takes statements all the way to their verdict, as `countersign submit` does. */
  submit(input: SubmitInput, signal: AbortSignal): Promise<Answer> {
    return this.#line.add(async () => {
      const identity = this.#begin();
      const draft = this.#draftOf(input, identity);
      const submitted = await submitDraft(this.#world, draft, identity);
      const row = this.#own({ request_id: toHex(submitted.intake.submission.id) }, identity);
      const results =
        submitted.kind === 'ran' ? shownResults(submitted.result, input.rows_max ?? rowsDefault) : undefined;
      return this.#answer(row, { results });
    }, signal);
  }

  get(input: RequestInput): Answer {
    return this.#answer(this.#own(input, this.#identity()));
  }

  /** Waits until the request is decided or ended, or the time is over, or the caller gives up. */
  async wait(input: WaitInput, signal: AbortSignal): Promise<Answer> {
    if (this.#waits >= waitsMax) {
      throw new ExecutorError('mcp/busy', `${this.#waits} calls wait for requests already`, {
        hint: 'let them end first',
      });
    }
    this.#waits += 1;
    try {
      return await this.#poll(input, signal);
    } finally {
      this.#waits -= 1;
    }
  }

  async #poll(input: WaitInput, signal: AbortSignal): Promise<Answer> {
    const end = performance.now() + (input.timeout_seconds ?? waitSecondsDefault) * 1000;
    for (;;) {
      const row = this.#own(input, this.#identity());
      const open = ['submitted', 'pending', 'running'].includes(row.state);
      if (!open) return { ...this.#answer(row), timedOut: false };
      const left = end - performance.now();
      if (left <= 0 || signal.aborted) return { ...this.#answer(row), timedOut: true };
      await pause(Math.min(pollMs, left), signal);
    }
  }

  /** Runs an approved request as `countersign run` does: everything is asked again, and it runs once. */
  run(input: RequestInput, signal: AbortSignal): Promise<Answer> {
    return this.#line.add(async () => {
      const { id } = this.#own(input, this.#begin());
      const { row } = await runRequest(this.#world, id);
      return this.#answer(row);
    }, signal);
  }

  /** Says what policy says, and records nothing. */
  explain(input: ExplainInput, signal: AbortSignal): Promise<Answer> {
    return this.#line.add(async () => {
      const identity = this.#begin();
      const target = targetOf(this.#world, new Options({ target: input.target }));
      const statements = statementsOf(input.sql, [], this.#world.target(target).engine);
      const reason = input.reason ?? 'policy explain';
      const draft = { target, statements, reason, context: claimsOf(input), follows: null };
      const { verdict, fields } = await explainIntake(this.#world, takeIn(this.#world, draft, identity));
      return {
        code: 'policy/explained',
        message: `policy would ${verdict.decision === 'require' ? 'ask for approvals' : verdict.decision}`,
        next: 'data.needed says what it would take. Nothing was submitted: submit_query does that.',
        data: fields,
      };
    }, signal);
  }

  /** Says what a database holds, as far as the identity may name it. */
  describe(input: DescribeInput, signal: AbortSignal): Promise<Answer> {
    return this.#line.add(async () => {
      const { person } = this.#begin();
      return describeTarget(
        this.#world,
        targetOf(this.#world, new Options({ target: input.target })),
        person,
      );
    }, signal);
  }

  /** Returns once nothing is being submitted or run any more. */
  idle(): Promise<void> {
    return this.#line.idle();
  }

  /** Policy files may have been tightened since the call before; what is done next must know. */
  #begin(): Identity {
    this.#world.rereadPolicy();
    return this.#identity();
  }

  /** A roster may have been installed since: whoever was revoked is refused from then on. */
  #identity(): Identity {
    return { person: requireSubmitter(this.#world, keyId(this.#signer.publicKey)), signer: this.#signer };
  }

  #draftOf(input: SubmitInput, identity: Identity): Draft {
    const { amendment, sql, parameters = [], reason = '' } = input;
    if ((amendment === undefined) === (sql === undefined)) {
      throw new ExecutorError('submission/empty', 'expected either sql or amendment', {
        hint: 'give the statements as sql, or the request_id whose proposed statements are to be taken up as amendment',
      });
    }
    if (amendment !== undefined) {
      if (input.target !== undefined || input.parameters !== undefined) {
        throw new ExecutorError('submission/parameters', 'an amendment brings its own target and parameters');
      }
      const row = this.#own({ request_id: amendment }, identity);
      return { ...proposalOf(this.#world, row, input.reason), context: claimsOf(input) };
    }
    const target = targetOf(this.#world, new Options({ target: input.target }));
    const texts = parameters.map((value, index) => `${index + 1}=${JSON.stringify(value)}`);
    const statements = statementsOf(sql ?? '', texts, this.#world.target(target).engine);
    return { target, statements, reason, context: claimsOf(input), follows: null };
  }

  /** Other people's requests are as good as not there. @throws `request/not-found` */
  #own({ request_id: id }: RequestInput, { person }: Identity): RequestRow {
    closeDue(this.#world);
    const row = this.#world.store.request(fromHex(id));
    if (row === undefined || row.submitter !== person.id) {
      throw new ExecutorError('request/not-found', `${person.id} submitted no request ${quote(id)}`);
    }
    return row;
  }

  #answer(row: RequestRow, more: object = {}): Answer {
    return {
      code: row.code ?? `request/${row.state}`,
      message: `the state of the request is ${row.state}`,
      next: nextFor(row.state),
      data: { ...requestDocument(this.#world, row), ...more },
    };
  }
}

function claimsOf(claims: Claims): Draft['context'] {
  return contextOf(
    new Options({
      ticket: claims.ticket,
      correlationId: claims.correlation_id,
      onBehalfOf: claims.on_behalf_of,
      agentModel: claims.agent_model,
      intent: claims.intent,
    }),
  );
}
