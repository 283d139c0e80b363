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
  let line = label;
  let shown = false;
  const draw = (): void => {
    shown = true;
    stream.write(`\r\u001b[K${line}`);
  };
  // One timer for both: the first tick that draws is the one after the quiet second.
  let elapsedMs = 0;
  const timer = setInterval(() => {
    elapsedMs += redrawMs;
    if (elapsedMs >= quietMs) draw();
  }, redrawMs);
  timer.unref();
  return {
    update: (done, total) => {
      line = text(label, done, total);
    },
    end: () => {
      clearInterval(timer);
      if (shown) stream.write('\r\u001b[K');
    },
  };
}
