import type { VerdictNote, VerifiedLedger } from '@countersign/ledger';
import type { Person, Request, RosterDirectory, Submission } from '@countersign/messages';
import type { PolicyFile } from '@countersign/policy';
import { toHex } from '@countersign/codec';

/** A submission as a verified ledger tells of it. */
export interface PastSubmission {
  readonly id: Uint8Array;
  /** Ledger time, in seconds since 1970. */
  readonly recordedAt: number;
  /** Undefined when its body was erased. */
  readonly submission: Submission | undefined;
  /** Who submitted it, with the kind and roles of the roster of that moment. */
  readonly person: Person | undefined;
  /** What decided it: its last verdict before a request was made of it. Undefined when there is none. */
  readonly verdict: VerdictNote | undefined;
  readonly request: Request | undefined;
  /** Whether the body of its submission or request was erased; no ledger is without a verdict's. */
  readonly erased: boolean;
}

/** Returns every submission of a ledger, in its order. */
export function pastSubmissions({ entries, lives }: VerifiedLedger): readonly PastSubmission[] {
  const rosters = rostersBy(entries);
  return [...lives.values()].map((life) => {
    const [first = 0, ...later] = life.indexes;
    // A verdict that follows the request is that of its run.
    const own = later.filter((index) => index <= (life.request?.index ?? Infinity));
    const contents = own.flatMap((index) => entries[index]?.content ?? []);
    const verdict = contents.flatMap((content) => (content.type === 'verdict' ? [content.note] : [])).at(-1);
    return {
      id: life.id,
      recordedAt: entries[first]?.entry.madeAt ?? 0,
      submission: life.submission?.record,
      person: rosters[first]?.person(life.requester.person),
      verdict,
      request: life.request?.signed.record,
      erased: life.submission === undefined || later.some((index) => isErasedRequest(entries[index])),
    };
  });
}

function isErasedRequest(each: VerifiedLedger['entries'][number] | undefined): boolean {
  return each?.entry.type === 'request' && each.content.type === 'erased';
}

/** The roster in force at each entry. */
function rostersBy(entries: VerifiedLedger['entries']): readonly (RosterDirectory | undefined)[] {
  let current: RosterDirectory | undefined;
  return entries.map(({ content }) => {
    if (content.type === 'roster') current = content.directory;
    return current;
  });
}

/** Returns the files of every policy that a ledger recorded, by digest in hex. */
export function policiesOf({ entries }: VerifiedLedger): ReadonlyMap<string, readonly PolicyFile[]> {
  return new Map(
    entries.flatMap(({ content }) => {
      if (content.type !== 'policy') return [];
      const { digest, files } = content.note;
      return [[toHex(digest), files.map(([path, text]) => ({ path, text }))] as const];
    }),
  );
}
