import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds of a clock tick in /proc, the same on every Linux that Node runs on. */
const tickMs = 10;

interface Times {
  readonly parent: number;
  readonly own: number;
  /** Of children that have ended. */
  readonly ended: number;
}

/** Returns the processor time in milliseconds that a process, its children that live and those that have ended took until now. */
export function processorMs(pid: number): number {
  const all = new Map<number, Times>();
  for (const name of readdirSync('/proc')) {
    const times = /^\d+$/.test(name) ? timesOf(name) : undefined;
    if (times !== undefined) all.set(Number(name), times);
  }
  let sum = 0;
  for (const [one, { parent, own, ended }] of all)
    if (one === pid) sum += own + ended;
    else if (parent === pid) sum += own;
  return sum * tickMs;
}

/** Undefined when the process has ended meanwhile. See proc(5). */
function timesOf(pid: string): Times | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name stands in brackets and may hold anything.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent = 0, user = 0, system = 0, endedUser = 0, endedSystem = 0] = [1, 11, 12, 13, 14].map(
    (at) => fields[at],
  );
  return { parent, own: user + system, ended: endedUser + endedSystem };
}
