import type { OutputStream } from './surroundings.ts';

const quietMs = 1000;
const redrawMs = 100;

export interface Progress {
  /** Says how much is done, of `total` when that is known. */
  update(done: number, total?: number): void;
  /** Clears the line. Must be called, also after a failure. */
  end(): void;
}

function text(label: string, done: number, total: number | undefined): string {
  if (total === undefined) return `${label} ${done}`;
  const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
  return `${label} ${done}/${total} (${percent}%)`;
}

/** Returns a progress line that appears after one second and redraws itself at most ten times a second; none off a terminal. */
export function startProgress(stream: OutputStream, label: string): Progress {
  if (stream.isTTY !== true) return { update: () => undefined, end: () => undefined };
  let line: string | undefined;
  let shown = false;
  const startedMs = performance.now();
  let drawnMs = startedMs + quietMs - redrawMs;
  const draw = (): void => {
    const nowMs = performance.now();
    if (nowMs - drawnMs < redrawMs) return;
    drawnMs = nowMs;
    shown = true;
    // What cannot say how far it is says for how long it goes on.
    const said = line ?? `${label} ${Math.floor((nowMs - startedMs) / 1000)} s`;
    stream.write(`\r\u001b[K${said}`);
  };
  const timer = setInterval(draw, redrawMs);
  timer.unref();
  return {
    update: (done, total) => {
      line = text(label, done, total);
      // Work that leaves no time to a timer draws by itself.
      draw();
    },
    end: () => {
      clearInterval(timer);
      if (shown) stream.write('\r\u001b[K');
    },
  };
}
