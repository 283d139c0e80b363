import { fromHex, toHex } from '@countersign/codec';
import type { Person } from '@countersign/messages';
import { Options, quote } from '@countersign/program';
import { submissionOfRow } from '../commands/describe.ts';
import { contextOf, statementsOf, targetOf } from '../commands/draft.ts';
import { hazardLines } from '../commands/facts-text.ts';
import { parameterTexts } from '../commands/parameters.ts';
import { explainIntake } from '../commands/policy.ts';
import { factsOfRow, requestDocument } from '../commands/request-document.ts';
import { ExecutorError } from '../executor-error.ts';
import { pause } from '../pause.ts';
import { proposalOf } from '../stages/amendment.ts';
import { describeTarget } from '../stages/describe-target.ts';
import { closeDue } from '../stages/expire.ts';
import { isUntried, requireSealed } from '../stages/known-request.ts';
import { takeIn, type Draft } from '../stages/intake.ts';
import { runRequest } from '../stages/run.ts';
import { ranAs } from '../stages/stored-diff.ts';
import type { RequestRow } from '../store/request-row.ts';
import { isOpen } from '../store/schema.ts';
import { within } from '../within.ts';
import type { World } from '../world.ts';
import type { Agent } from './agent.ts';
import type { Answer } from './answer.ts';
import { nextFor } from './guidance.ts';
import type { Claims, DescribeInput, ExplainInput, RequestInput, SubmitInput, WaitInput } from './inputs.ts';
import { shownResults } from './shown-results.ts';

const pollMs = 250;
const waitSecondsDefault = 30;
const rowsDefault = 100;

/**
 * What an agent may do: the stages that the commands call, for one identity. It sees the requests of that identity and no others,
 * carries no decision in, and has nothing that approves.
 */
export class AgentDesk {
  readonly #world: World;
  readonly #agent: Agent;

  constructor(world: World, agent: Agent) {
    this.#world = world;
    this.#agent = agent;
  }

  /** Does a call's work where its spans belong. */
  get traced(): Agent['traced'] {
    return this.#agent.traced;
  }

  /** Takes statements all the way to their verdict, as `countersign submit` does. */
  submit(input: SubmitInput, signal: AbortSignal): Promise<Answer> {
    return this.#inTurn(async () => {
      const person = this.#begin();
      const { id, result } = await this.#agent.submit(this.#draftOf(input, person), person);
      const row = this.#own({ request_id: toHex(id) }, person);
      const results = result === undefined ? undefined : shownResults(result, input.rows_max ?? rowsDefault);
      return this.#answer(row, { results });
    }, signal);
  }

  get(input: RequestInput): Answer {
    return this.#answer(this.#own(input, this.#agent.person()));
  }

  /** Waits until the request is decided or ended, or the time is over, or the caller gives up. */
  wait(input: WaitInput, signal: AbortSignal): Promise<Answer> {
    const until = AbortSignal.any([signal, this.#agent.gone]);
    return this.#agent.turns.beside(() => this.#poll(input, until));
  }

  async #poll(input: WaitInput, signal: AbortSignal): Promise<Answer> {
    const end = performance.now() + (input.timeout_seconds ?? waitSecondsDefault) * 1000;
    let row: RequestRow | undefined;
    for (let seen: string | undefined; ;) {
      const person = this.#agent.person();
      closeDue(this.#world);
      const news = this.#world.store.news(fromHex(input.request_id));
      if (row === undefined || news !== seen) row = this.#own(input, person);
      seen = news;
      if (!isOpen(row.state)) return { ...this.#answer(row), timedOut: false };
      const left = end - performance.now();
      if (left <= 0 || signal.aborted) return { ...this.#answer(row), timedOut: true };
      await pause(Math.min(pollMs, left), signal);
    }
  }

  /** Runs an approved request as `countersign run` does: everything is asked again, and it runs once. */
  run(input: RequestInput, signal: AbortSignal): Promise<Answer> {
    return this.#inTurn(async () => {
      const person = this.#begin();
      const { id } = this.#own(input, person);
      const { hold, patienceMs, gone } = this.#agent;
      await within(
        hold(() => runRequest(this.#world, id)),
        patienceMs,
        gone,
      );
      return this.#answer(this.#own(input, person));
    }, signal);
  }

  /** Says what policy says, and records nothing. */
  explain(input: ExplainInput, signal: AbortSignal): Promise<Answer> {
    return this.#inTurn(async () => {
      const person = this.#begin();
      const target = targetOf(this.#world, new Options({ target: input.target }));
      const statements = statementsOf(input.sql, [], this.#world.target(target).engine);
      const reason = input.reason ?? 'policy explain';
      const draft = { target, statements, reason, context: claimsOf(input), follows: null };
      // Nothing of it is recorded, so whose key signs it says nothing.
      const intake = takeIn(this.#world, draft, { person, signer: this.#world.signer });
      const { verdict, fields } = await this.#look(() => explainIntake(this.#world, intake));
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
    return this.#inTurn(async () => {
      const person = this.#begin();
      const name = targetOf(this.#world, new Options({ target: input.target }));
      const { code, description } = await this.#look(() => describeTarget(this.#world, name, person));
      return {
        code,
        message: `target ${name} is ${description.engine}`,
        next: description.prepared
          ? 'Write statements in the dialect of data.engine; explain_policy says what policy makes of them.'
          : 'Nothing can be submitted for it yet: an operator must run `countersign target prepare`.',
        data: description,
      };
    }, signal);
  }

  /** Does what only looks. @throws `mcp/busy` when the target gives no answer in time */
  async #look<T extends object>(work: () => Promise<T>): Promise<T> {
    const { hold, patienceMs, gone } = this.#agent;
    const seen = await within(hold(work), patienceMs, gone);
    if (seen !== undefined) return seen;
    throw new ExecutorError('mcp/busy', 'the target has given no answer yet', { hint: 'ask again later' });
  }

  #inTurn(work: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    return this.#agent.turns.inTurn(work, AbortSignal.any([signal, this.#agent.gone]));
  }

  /** Policy files may have been tightened since the call before; what is done next must know. */
  #begin(): Person {
    this.#agent.freshPolicy();
    return this.#agent.person();
  }

  #draftOf(input: SubmitInput, person: Person): Draft {
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
      const row = this.#own({ request_id: amendment }, person);
      return { ...proposalOf(this.#world, row, input.reason), context: claimsOf(input) };
    }
    const target = targetOf(this.#world, new Options({ target: input.target }));
    const statements = statementsOf(sql ?? '', parameterTexts(parameters), this.#world.target(target).engine);
    return { target, statements, reason, context: claimsOf(input), follows: null };
  }

  /** Other people's requests are as good as not there. @throws `request/not-found` */
  #own({ request_id: id }: RequestInput, person: Person): RequestRow {
    closeDue(this.#world);
    const row = this.#world.store.request(fromHex(id));
    if (row === undefined || row.submitter !== person.id) {
      throw new ExecutorError('request/not-found', `${person.id} submitted no request ${quote(id)}`);
    }
    return row;
  }

  #answer(row: RequestRow, more: object = {}): Answer {
    const ran = row.state === 'executed' ? ranAs(requireSealed(row)) : undefined;
    return {
      code: row.code ?? `request/${row.state}`,
      message: `the state of the request is ${row.state}`,
      next: nextFor({ ...row, untried: isUntried(row), ran }),
      data: { ...requestDocument(this.#world, row), ...this.#foundIn(row), ...more },
    };
  }

  /** What was found in statements that policy denies, such as a name that is not there: the reason alone may fit many. */
  #foundIn(row: RequestRow): object {
    if (row.state !== 'denied') return {};
    const texts = submissionOfRow(row).statements.map(({ sql }) => sql);
    return { found: hazardLines(factsOfRow(row, texts)) };
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
