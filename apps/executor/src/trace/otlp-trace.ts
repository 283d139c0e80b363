import {
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { AsyncLocalStorage } from 'node:async_hooks';
import { executorVersion } from '../version.ts';
import type { CallerTrace, OpenSpan, SpanFacts, Trace } from './trace.ts';
import { parseTracestate } from './trace-state.ts';
import { spansWaitingMax, UnsentSpans } from './unsent-spans.ts';

/** How long a collector may take for one batch, and how long the end of a command waits for it at most. */
const exportMs = 1_000;

/** Where in a trace something is done. */
interface Standing {
  readonly span: Span | undefined;
  readonly caller: SpanContext | undefined;
  /** Whether what begins here is the caller's child. */
  readonly joins: boolean;
}

const nowhere: Standing = { span: undefined, caller: undefined, joins: false };

/** Sends spans to a collector by OTLP over HTTP, as JSON. Nothing that goes wrong there is in the way of what is traced. */
export function openTrace(url: string): Trace {
  const unsent = new UnsentSpans();
  const exporter = unsent.counting(new OTLPTraceExporter({ url, timeoutMillis: exportMs }));
  const provider = new TracerProvider({
    // Whether a span is kept is not for a caller to say.
    sampler: new AlwaysOnSampler(),
    resource: resourceFromAttributes({
      'service.name': 'countersign',
      'service.version': executorVersion,
    }),
    spanProcessors: [
      unsent.processor,
      new BatchSpanProcessor({ exporter, exportTimeoutMillis: exportMs, maxQueueSize: spansWaitingMax }),
    ],
  });
  const tracer = provider.getTracer('countersign', executorVersion);
  // Not the global one of the API: two homes of one process have two collectors.
  const standing = new AsyncLocalStorage<Standing>();
  return {
    span: (name, facts, work) => {
      const place = standing.getStore() ?? nowhere;
      const { caller, joins } = place;
      const isLinked = place.span === undefined && caller !== undefined && !joins;
      const span = tracer.startSpan(
        name,
        { attributes: attributesOf(facts), links: isLinked ? [{ context: caller }] : [] },
        contextOf(place),
      );
      return standing.run({ ...place, span }, () => ending(span, () => work(openSpan(span))));
    },
    called: ({ traceparent }, work) =>
      standing.run(standingOf(standing.getStore(), parseTraceparent(traceparent), false), work),
    joined: (caller, work) => standing.run(standingOf(standing.getStore(), parseTrace(caller), true), work),
    current: () => {
      const span = standing.getStore()?.span;
      return span === undefined ? undefined : formatTraceparent(span.spanContext());
    },
    unsent: () => unsent.count,
    close: () => provider.shutdown().catch(() => undefined),
  };
}

/** A call inside a call, of which the inner one names no trace, is still the outer one's. */
function standingOf(outer: Standing | undefined, caller: SpanContext | undefined, joins: boolean): Standing {
  return caller === undefined ? (outer ?? nowhere) : { span: undefined, caller, joins };
}

function contextOf({ span, caller, joins }: Standing): Context {
  if (span !== undefined) return trace.setSpan(ROOT_CONTEXT, span);
  return caller !== undefined && joins ? trace.setSpanContext(ROOT_CONTEXT, caller) : ROOT_CONTEXT;
}

/** Ends the span when the work has: at once, or when its promise is settled. */
function ending<T>(span: Span, work: () => T): T {
  let result: T;
  try {
    result = work();
  } catch (thrown) {
    fail(span, thrown);
    throw thrown;
  }
  if (!(result instanceof Promise)) {
    span.end();
    return result;
  }
  result.then(
    () => span.end(),
    (thrown: unknown) => fail(span, thrown),
  );
  return result;
}

/** The code alone: the words of an error may quote what was submitted or a row. */
function fail(span: Span, thrown: unknown): void {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  span.setAttribute('error.type', typeof code === 'string' ? code : 'unknown');
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function openSpan(span: Span): OpenSpan {
  return {
    say: (facts) => span.setAttributes(attributesOf(facts)),
    link: (requestId, traceparent) => {
      const context = parseTraceparent(traceparent);
      if (context !== undefined) span.addLink({ context, attributes: attributesOf({ requestId }) });
    },
  };
}

function attributesOf({ requestId, target, outcome, counted }: SpanFacts): Attributes {
  return {
    ...(requestId === undefined ? {} : { 'countersign.request_id': requestId }),
    ...(target === undefined ? {} : { 'countersign.target': target }),
    ...(outcome === undefined ? {} : { 'countersign.outcome': outcome }),
    ...(counted === undefined ? {} : { 'countersign.counted': counted }),
  };
}

function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** Returns what a `traceparent` of version 00 names; undefined for anything else. */
function parseTraceparent(text = ''): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text) ?? [];
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(context) ? context : undefined;
}

/** Returns the caller's span with the state that goes on with its trace; a state that cannot be read is dropped alone. */
function parseTrace({ traceparent, tracestate }: CallerTrace): SpanContext | undefined {
  const context = parseTraceparent(traceparent);
  const traceState = parseTracestate(tracestate ?? '');
  return context === undefined || traceState === undefined ? context : { ...context, traceState };
}
