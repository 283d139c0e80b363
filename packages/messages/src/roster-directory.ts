import { keyId, toHex, type PublicKey } from '@countersign/codec';
import type { AdmittedKeys } from './roster-rules.ts';
import type { May, Person, PersonKey, Roster } from './roster.ts';

/** Whose key it is, and when it is valid. */
export interface KeyHolder {
  readonly person: Person;
  readonly kid: Uint8Array;
  readonly key: PublicKey;
  readonly validFrom: number | undefined;
  readonly validUntil: number | undefined;
}

export type KeyStanding = 'valid' | 'not-yet-valid' | 'expired';

/** Finds persons, keys and roles of one roster whose rules were checked. */
export class RosterDirectory {
  readonly roster: Roster;
  /** SHA-256 of the payload. */
  readonly hash: Uint8Array;
  /** Every key of the roster. */
  readonly keys: AdmittedKeys;
  readonly #holders: ReadonlyMap<string, KeyHolder>;
  readonly #executors: ReadonlyMap<string, { readonly origin: string; readonly key: PublicKey }>;

  constructor(roster: Roster, hash: Uint8Array, keys: AdmittedKeys) {
    this.roster = roster;
    this.hash = hash;
    this.keys = keys;
    const holders = roster.persons.flatMap((person) =>
      person.keys.flatMap((each) => {
        const key = keys.get(toHex(each.publicKey));
        return key === undefined ? [] : [holderOf(person, each, key)];
      }),
    );
    this.#holders = new Map(holders.map((holder) => [toHex(holder.kid), holder]));
    this.#executors = new Map(
      roster.executors.flatMap(({ origin, publicKey }) => {
        const key = keys.get(toHex(publicKey));
        return key === undefined ? [] : [[toHex(keyId(key)), { origin, key }]];
      }),
    );
  }

  /** Returns the person's key of this id, or undefined when no person has it. */
  holder(kid: Uint8Array): KeyHolder | undefined {
    return this.#holders.get(toHex(kid));
  }

  /** Returns the executor's key of this id and the origin of its log, or undefined when no executor has it. */
  executor(kid: Uint8Array): { readonly origin: string; readonly key: PublicKey } | undefined {
    return this.#executors.get(toHex(kid));
  }

  /** Returns the key that signs the log of this origin, or undefined when the roster names no such log. */
  executorKey(origin: string): PublicKey | undefined {
    return [...this.#executors.values()].find((executor) => executor.origin === origin)?.key;
  }

  person(id: string): Person | undefined {
    return this.roster.persons.find((person) => person.id === id);
  }

  /** Returns the persons who hold `role`, in the order of the roster. */
  members(role: string): readonly Person[] {
    return this.roster.persons.filter((person) => person.roles.includes(role));
  }

  /** Returns whether a role of the person gives this permission. */
  permits(person: Person, may: May): boolean {
    return this.roster.roles.some((role) => role.may.includes(may) && person.roles.includes(role.name));
  }
}

/** Returns whether the key is inside its validity at `time` (seconds); `validUntil` is the first second outside. */
export function keyStanding(holder: KeyHolder, time: number): KeyStanding {
  if (holder.validFrom !== undefined && time < holder.validFrom) return 'not-yet-valid';
  if (holder.validUntil !== undefined && time >= holder.validUntil) return 'expired';
  return 'valid';
}

function holderOf(person: Person, personKey: PersonKey, key: PublicKey): KeyHolder {
  const { validFrom, validUntil } = personKey;
  return { person, kid: keyId(key), key, validFrom, validUntil };
}

/** Returns the person's roles that may approve. */
export function approvingRoles(directory: RosterDirectory, person: Person): readonly string[] {
  return directory.roster.roles
    .filter((role) => role.may.includes('approve') && person.roles.includes(role.name))
    .map((role) => role.name);
}
