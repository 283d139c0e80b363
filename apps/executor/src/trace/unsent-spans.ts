import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';

/** How many spans may wait to be sent; what ends while so many wait is dropped. */
export const spansWaitingMax = 2_048;

/** Counts the spans that no collector took: their batch failed, or they ended while too many waited. */
export class UnsentSpans {
  #waiting = 0;
  #unsent = 0;

  get count(): number {
    return this.#unsent;
  }

  /** Sees each span end, before the processor that keeps `spansWaitingMax` of them in wait does. */
  readonly processor: SpanProcessor = {
    onStart: () => undefined,
    onEnd: () => {
      if (this.#waiting >= spansWaitingMax) this.#unsent += 1;
      else this.#waiting += 1;
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };

  /** Returns an exporter that sends as `exporter` does. */
  counting(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) => {
        this.#waiting -= spans.length;
        exporter.export(spans, (result) => {
          // 0 is success, and nothing else is.
          const code: number = result.code;
          if (code !== 0) this.#unsent += spans.length;
          done(result);
        });
      },
      shutdown: () => exporter.shutdown(),
    };
  }
}
