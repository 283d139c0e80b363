import { parseEnvelope, toHex } from '@countersign/codec';
import { decodeNote } from '@countersign/ledger';
import { decodeEntry, decodeReceipt, decodeSubmission } from '@countersign/messages';
import { requestStates } from '../store/schema.ts';
import type { World } from '../world.ts';
import { Counter, Histogram, metricText, type MetricLine } from './prometheus.ts';
import type { AnsweredCall } from './server.ts';

const callBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
const decisionBuckets = [60, 300, 900, 1_800, 3_600, 14_400, 43_200, 86_400, 259_200];
const entriesMax = 100_000;

/** What the server counts, and what the store says when it is asked. docs/serving.md#metrics */
export class Metrics {
  readonly #world: World;
  readonly #calls = new Counter();
  readonly #refusals = new Counter();
  readonly #verdicts = new Counter();
  readonly #declared = new Counter();
  readonly #emergencyRuns = new Counter();
  readonly #seconds = new Histogram(callBuckets);
  readonly #decided = new Histogram(decisionBuckets);
  /** Entries of the ledger that were counted so far; those from before this server are not. */
  #counted: number;

  constructor(world: World) {
    this.#world = world;
    this.#counted = world.ledger.size;
  }

  answered({ method, route, status, code, tookMs }: AnsweredCall): void {
    const path = route ?? 'none';
    this.#calls.add({ method, route: path, status: String(status) });
    this.#seconds.observe(tookMs / 1000, { route: path });
    if (code !== undefined) this.#refusals.add({ code });
  }

  /** Returns everything in Prometheus' text form. */
  text(inHand: number): string {
    this.#countEntries();
    const { ledger } = this.#world;
    const head = ledger.size === 0 ? 0 : decodeEntry(ledger.entry(ledger.size - 1)).madeAt;
    return metricText([
      this.#gauge('countersign_requests', 'Requests by state.', this.#states()),
      this.#gauge(
        'countersign_pending_oldest_seconds',
        'Age of the oldest request that waits for approvers.',
        [[{}, this.#oldest()]],
      ),
      {
        name: 'countersign_verdicts_total',
        help: 'Verdicts of policy since this server began.',
        counter: this.#verdicts,
      },
      {
        name: 'countersign_break_glass_submitted_total',
        help: 'Submissions that declared an emergency, whatever became of them, since this server began.',
        counter: this.#declared,
      },
      {
        name: 'countersign_break_glass_executed_total',
        help: 'Requests of a declared emergency that ran, since this server began.',
        counter: this.#emergencyRuns,
      },
      {
        name: 'countersign_decision_seconds',
        help: 'Time from a request to the decision that settled it.',
        histogram: this.#decided,
      },
      this.#gauge(
        'countersign_decisions_refused',
        'Authentic decisions that were carried in and do not count.',
        [[{}, ledger.countOf('refused-decision')]],
      ),
      this.#gauge('countersign_ledger_entries', 'Entries of the ledger.', [[{}, ledger.size]]),
      this.#gauge('countersign_ledger_head_age_seconds', 'Time since the last entry of the ledger.', [
        [{}, this.#world.clock() - head],
      ]),
      this.#gauge('countersign_submissions_in_hand', 'Submissions on their way to a verdict.', [
        [{}, inHand],
      ]),
      this.#gauge('countersign_trace_spans_unsent', 'Spans that no collector took since this server began.', [
        [{}, this.#world.trace.unsent()],
      ]),
      { name: 'countersign_http_calls_total', help: 'Calls answered.', counter: this.#calls },
      {
        name: 'countersign_http_refusals_total',
        help: 'Calls refused, by code; http-signature/… and token/… are failures of credentials.',
        counter: this.#refusals,
      },
      { name: 'countersign_http_seconds', help: 'Time from a call to its answer.', histogram: this.#seconds },
      this.#gauge('process_resident_memory_bytes', 'Memory of this process.', [
        [{}, process.memoryUsage.rss()],
      ]),
    ]);
  }

  #gauge(name: string, help: string, gauge: NonNullable<MetricLine['gauge']>): MetricLine {
    return { name, help, gauge };
  }

  #states(): NonNullable<MetricLine['gauge']> {
    const rows = this.#world.store
      .prepare<[], { readonly state: string; readonly count: number }>(
        'SELECT state, count(*) AS count FROM request GROUP BY state',
      )
      .all();
    return requestStates.map((state) => [{ state }, rows.find((row) => row.state === state)?.count ?? 0]);
  }

  #oldest(): number {
    const madeAt = this.#world.store.database
      .prepare<[], number | null>("SELECT min(made_at) FROM request WHERE state = 'pending'")
      .pluck()
      .get();
    return typeof madeAt === 'number' ? this.#world.clock() - madeAt : 0;
  }

  /** Counts what was recorded since, by whichever process. */
  #countEntries(): void {
    const { ledger, store } = this.#world;
    const size = Math.min(ledger.size, this.#counted + entriesMax);
    const settled = new Map<string, number>();
    for (; this.#counted < size; this.#counted += 1) {
      const { type, madeAt, requestId } = decodeEntry(ledger.entry(this.#counted));
      if (type === 'verdict') this.#countVerdict(ledger.body(this.#counted));
      if (type === 'submission') this.#countDeclared(ledger.body(this.#counted));
      if (type === 'receipt') this.#countEmergencyRun(requestId, ledger.body(this.#counted));
      if (type === 'decision' && requestId !== undefined) settled.set(toHex(requestId), madeAt);
    }
    for (const [id, decidedAt] of settled) {
      const row = store.request(new Uint8Array(Buffer.from(id, 'hex')));
      if (row !== undefined && row.state !== 'pending') this.#decided.observe(decidedAt - row.madeAt, {});
    }
  }

  #countDeclared(body: Uint8Array | null): void {
    if (body === null) return;
    const { breakGlass, target } = decodeSubmission(parseEnvelope(body).payload ?? new Uint8Array());
    if (breakGlass === true) this.#declared.add({ target });
  }

  #countEmergencyRun(id: Uint8Array | undefined, body: Uint8Array | null): void {
    if (body === null || id === undefined) return;
    const { breakGlass, outcome } = decodeReceipt(parseEnvelope(body).payload ?? new Uint8Array());
    if (breakGlass !== true || (outcome !== 'executed' && outcome !== 'resolved-ran')) return;
    this.#emergencyRuns.add({ target: this.#world.store.request(id)?.target ?? '' });
  }

  #countVerdict(body: Uint8Array | null): void {
    if (body !== null) this.#verdicts.add({ decision: decodeNote('verdict', body).decision });
  }
}
