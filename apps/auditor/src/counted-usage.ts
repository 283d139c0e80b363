import type { Life, VerifiedEntry } from '@countersign/ledger';
import type { PolicyBudget } from '@countersign/policy';

/** What somebody has used, as far as a ledger tells: at least so much, at most so much. docs/spec/policy.md#budgets */
export interface CountedUsage {
  readonly least: PolicyBudget;
  readonly most: PolicyBudget;
}

/** One use of a budget; `before` an index of the ledger it counts as it stood there. */
interface Use {
  readonly index: number;
  readonly at: number;
  readonly requests: readonly [least: number, most: number];
  readonly rowsBefore: (index: number) => readonly [least: number, most: number];
}

const hourSeconds = 3600;
const daySeconds = 86_400;
/** An entry's time is taken in its transaction, what is counted a moment before it. */
const edgeSeconds = 2;
/** More than a read can return: the ledger does not say how many rows one may, and one that was cut off counts with that. */
const rowsUnknown = 1_000_000_000;

/** The uses of a ledger, by person. */
export class Uses {
  readonly #byPerson = new Map<string, Use[]>();
  /** Of submissions whose body was erased, and of notes: whoever they are of. */
  readonly #ofAnybody: Use[] = [];

  constructor(entries: readonly VerifiedEntry[], lives: Iterable<Life>) {
    for (const life of lives) this.#add(life.requester.person, useOf(life, entries));
    for (const { index, entry, content } of entries) {
      const use = { index, at: entry.madeAt, rowsBefore: () => [0, 0] as const };
      if (content.type === 'operator' && content.note.verb === 'dry-run')
        this.#add(content.note.person, { ...use, requests: [1, 1] });
      if (content.type === 'erased' && entry.type === 'operator')
        this.#ofAnybody.push({ ...use, requests: [0, 1] });
    }
  }

  /** Returns what a person had used at an entry and its time, with `own`, whose submission stands at its index, of so many rows. */
  at(
    person: string,
    { index, at, own }: { readonly index: number; readonly at: number; readonly own: Use['index'] },
    rows: number,
  ): CountedUsage {
    const uses = [...(this.#byPerson.get(person) ?? []), ...this.#ofAnybody].filter(
      (use) => use.index < index && use.index !== own,
    );
    const sum = (seconds: number, side: 0 | 1): { readonly requests: number; readonly rows: number } => {
      const since = at - seconds + (side === 0 ? edgeSeconds : -edgeSeconds);
      const counted = uses.filter((use) => use.at > since);
      return {
        requests: counted.reduce((total, use) => total + use.requests[side], 1),
        rows: counted.reduce((total, use) => total + use.rowsBefore(index)[side], rows),
      };
    };
    const budget = (side: 0 | 1): PolicyBudget => {
      const [hour, day] = [sum(hourSeconds, side), sum(daySeconds, side)];
      return {
        requestsHour: hour.requests,
        requestsDay: day.requests,
        rowsHour: hour.rows,
        rowsDay: day.rows,
      };
    };
    return { least: budget(0), most: budget(1) };
  }

  #add(person: string, use: Use): void {
    if (person === '') {
      this.#ofAnybody.push({
        ...use,
        requests: [0, 1],
        rowsBefore: (index) => [0, use.rowsBefore(index)[1]],
      });
      return;
    }
    const known = this.#byPerson.get(person);
    if (known === undefined) this.#byPerson.set(person, [use]);
    else known.push(use);
  }
}

function useOf(life: Life, entries: readonly VerifiedEntry[]): Use {
  const [index = 0] = life.indexes;
  return {
    index,
    at: entries[index]?.entry.madeAt ?? 0,
    requests: [1, 1],
    rowsBefore: (before) => rowsOf(life, entries, before),
  };
}

/** Rows that a submission counted with just before an entry: none until it is sealed or let through. */
function rowsOf(
  life: Life,
  entries: readonly VerifiedEntry[],
  before: number,
): readonly [least: number, most: number] {
  const own = life.indexes.filter((index) => index < before).flatMap((index) => entries[index] ?? []);
  const has = (type: VerifiedEntry['entry']['type']): VerifiedEntry | undefined =>
    own.find(({ entry }) => entry.type === type);
  if (has('request') !== undefined) {
    const rows = life.request?.signed.record.effect.rows;
    return rows === undefined ? [0, rowsUnknown] : [rows, rows];
  }
  const read = has('read')?.content;
  // A read that failed counts none; one that was cut off keeps its bound, and its end looks the same.
  if (read?.type === 'read' && read.note.outcome === 'ran') return [read.note.rows, read.note.rows];
  const isLet = own.some(({ content }) => content.type === 'verdict' && content.note.decision === 'allow');
  return isLet ? [0, rowsUnknown] : [0, 0];
}
