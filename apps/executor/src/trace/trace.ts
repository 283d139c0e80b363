/** What is traced; docs/serving.md#traces lists them. */
export type SpanName = 'submit' | 'preview' | 'classify' | 'decide' | 'dry-run' | 'import' | 'run';

/** What a span may say: names, ids, codes and counts. Nothing else has a place here, so that no SQL, value or reason gets out. */
export interface SpanFacts {
  readonly requestId?: string;
  readonly target?: string;
  readonly outcome?: string;
  readonly counted?: number;
}

/** A span that is open. */
export interface OpenSpan {
  readonly say: (facts: SpanFacts) => void;
  /** Links to the span in which a request was submitted, long ago or in another process. */
  readonly link: (requestId: string, traceparent: string | undefined) => void;
}

/** What a caller says of its own trace, in the forms of W3C Trace Context. What has another form is as good as not said. */
export interface CallerTrace {
  readonly traceparent: string | undefined;
  readonly tracestate?: string | undefined;
}

/** Where spans of what is done go: nowhere, unless the home names a collector. */
export interface Trace {
  /** Runs `work` in a span inside the one that is open; what it throws ends the span with its code. */
  readonly span: <T>(name: SpanName, facts: SpanFacts, work: (span: OpenSpan) => T) => T;
  /** Runs `work` for a caller from elsewhere: spans that begin in it link to the caller's, and trust nothing of it. */
  readonly called: <T>(caller: CallerTrace, work: () => T) => T;
  /** Runs `work` for the one caller whom this program serves: spans that begin in it are children of the caller's. */
  readonly joined: <T>(caller: CallerTrace, work: () => T) => T;
  /** Returns the `traceparent` (W3C Trace Context) of the open span; undefined when nothing is traced. */
  readonly current: () => string | undefined;
  /** Returns how many spans no collector took so far. */
  readonly unsent: () => number;
  /** Sends what is left, or gives it up after a second. */
  readonly close: () => Promise<void>;
}

const noSpan: OpenSpan = { say: () => undefined, link: () => undefined };

/** Traces nothing. */
export const noTrace: Trace = {
  span: (_name, _facts, work) => work(noSpan),
  called: (_caller, work) => work(),
  joined: (_caller, work) => work(),
  current: () => undefined,
  unsent: () => 0,
  close: () => Promise.resolve(),
};
