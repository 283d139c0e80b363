import type { TraceState } from '@opentelemetry/api';

const key = '(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})';
const value = '[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]';
const member = new RegExp(`^(${key})=(${value})$`);
const membersMax = 32;
const lengthMax = 512;

/** The members of a `tracestate`, the newest first. */
class MemberState implements TraceState {
  readonly #members: ReadonlyMap<string, string>;

  constructor(members: ReadonlyMap<string, string>) {
    this.#members = members;
  }

  get(name: string): string | undefined {
    return this.#members.get(name);
  }

  set(name: string, text: string): TraceState {
    const others = [...this.#members].filter(([other]) => other !== name);
    return new MemberState(new Map([[name, text], ...others]));
  }

  unset(name: string): TraceState {
    return new MemberState(new Map([...this.#members].filter(([other]) => other !== name)));
  }

  serialize(): string {
    return [...this.#members].map(([name, text]) => `${name}=${text}`).join(',');
  }
}

/** Returns the state of a trace that goes on here; undefined when `text` has another form than W3C Trace Context gives it. */
export function parseTracestate(text: string): TraceState | undefined {
  if (text.length > lengthMax) return undefined;
  const parts = text
    .split(',')
    .map((part) => part.replaceAll(/^[ \t]+|[ \t]+$/g, ''))
    .filter((part) => part !== '');
  const pairs = parts.flatMap((part) => {
    const [, name, held] = member.exec(part) ?? [];
    return name === undefined || held === undefined ? [] : [[name, held] as const];
  });
  const members = new Map(pairs);
  const isWhole = members.size === parts.length && members.size > 0 && members.size <= membersMax;
  return isWhole ? new MemberState(members) : undefined;
}
