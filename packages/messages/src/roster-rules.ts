import { admitKey, CodecError, compareBytes, keyId, toHex, type PublicKey } from '@countersign/codec';
import { hasHiddenCharacter, skeleton } from './confusable.ts';
import { MessageError, type MessageErrorCode } from './message-error.ts';
import type { Person, Role, Roster } from './roster.ts';

/** Admitted keys by the hex of their bytes. Admission is the slow part of a roster: each key is admitted once. */
export type AdmittedKeys = ReadonlyMap<string, PublicKey>;

/**
 * Returns the admitted keys of a roster that keeps every rule of docs/spec/roster.md#rules that can be judged from the
 * file alone; keys that are in `known` are not admitted again.
 * @throws MessageError `roster/…`
 */
export function checkRoster(roster: Roster, known: AdmittedKeys = new Map()): AdmittedKeys {
  const admitted = admitKeys(roster, known);
  checkRoot(roster);
  checkRoles(roster.roles);
  checkPersons(roster);
  checkStaffing(roster);
  checkOrigins(roster);
  const revoked = roster.revocations.map((revocation) => toHex(revocation.kid));
  refuseRepeated(revoked, 'roster/revocation-repeated', 'a key revoked twice');
  refuseInForce(roster, admitted, revoked);
  return admitted;
}

/**
 * A revocation is judged by ledger position, and neither a root signature nor a checkpoint has one: who revokes such a key
 * must take it out of the roster as well.
 */
function refuseInForce(roster: Roster, admitted: AdmittedKeys, revoked: readonly string[]): void {
  for (const key of [...roster.root.keys, ...roster.executors.map(({ publicKey }) => publicKey)]) {
    const known = admitted.get(toHex(key));
    if (known === undefined || !revoked.includes(toHex(keyId(known)))) continue;
    throw new MessageError(
      'roster/revocation-in-force',
      'a revoked key that is still a root or executor key',
      {
        name: toHex(keyId(known)),
      },
    );
  }
}

/** Returns every public key of the roster: persons', root and executors'. */
export function allKeys(roster: Roster): readonly Uint8Array[] {
  return [
    ...roster.persons.flatMap((person) => person.keys.map((key) => key.publicKey)),
    ...roster.root.keys,
    ...roster.executors.map((executor) => executor.publicKey),
  ];
}

function admitKeys(roster: Roster, known: AdmittedKeys): AdmittedKeys {
  const keys = allKeys(roster);
  const admitted = new Map<string, PublicKey>();
  for (const [index, key] of keys.entries()) {
    try {
      admitted.set(toHex(key), known.get(toHex(key)) ?? admitKey(key));
    } catch (cause) {
      if (!(cause instanceof CodecError)) throw cause;
      throw new MessageError('roster/key-weak', 'a public key that is not admitted', {
        index,
        name: toHex(key),
        cause,
      });
    }
  }
  // The same key in two places would be two persons, or an approver who is also the executor.
  refuseRepeated(keys.map(toHex), 'roster/key-repeated', 'a public key that stands twice');
  return admitted;
}

function checkRoot({ root }: Roster): void {
  if (root.threshold < 1 || root.threshold > root.keys.length) {
    const message = `a threshold of ${root.threshold}, expected 1..${root.keys.length}`;
    throw new MessageError('roster/threshold-invalid', message);
  }
  root.keys.forEach((key, index) => {
    const before = root.keys[index - 1];
    if (before === undefined || compareBytes(before, key) < 0) return;
    throw new MessageError('roster/keys-unsorted', 'root keys that are not ascending', { index });
  });
}

function checkRoles(roles: readonly Role[]): void {
  const names = roles.map((role) => role.name);
  names.forEach(refuseHidden);
  refuseRepeated(names, 'roster/role-repeated', 'a role named twice');
  refuseConfusable(
    names.map((name) => [name]),
    'roster/role-confusable',
  );
  for (const role of roles) {
    refuseRepeated(role.may, 'roster/may-repeated', 'a permission given twice to one role');
  }
}

function checkPersons(roster: Roster): void {
  const { persons, roles } = roster;
  const known = new Set(roles.map((role) => role.name));
  for (const [index, person] of persons.entries()) {
    if (!/^[a-z0-9._-]+$/.test(person.id)) {
      throw new MessageError('roster/person-id-invalid', 'a person id, expected a-z 0-9 - . _', {
        index,
        name: person.id,
      });
    }
    refuseHidden(person.name);
    const unknown = person.roles.find((role) => !known.has(role));
    if (unknown !== undefined) {
      throw new MessageError('roster/role-unknown', 'a person with a role that is not defined', {
        index,
        name: unknown,
      });
    }
    refuseRepeated(person.roles, 'roster/role-repeated', 'a person with the same role twice');
    checkWindows(person);
  }
  refuseRepeated(
    persons.map((person) => person.id),
    'roster/person-repeated',
    'a person id that stands twice',
  );
  refuseConfusable(
    persons.map((person) => [person.id, person.name]),
    'roster/person-confusable',
  );
}

function checkWindows(person: Person): void {
  const empty = person.keys.some(
    (key) => key.validFrom !== undefined && key.validUntil !== undefined && key.validFrom >= key.validUntil,
  );
  if (empty) {
    throw new MessageError('roster/validity-empty', 'a key that is never valid, of person', {
      name: person.id,
    });
  }
}

function checkStaffing({ roles, persons }: Roster): void {
  for (const role of roles.filter((each) => each.may.includes('approve'))) {
    const holders = persons.filter((person) => person.roles.includes(role.name));
    const other = holders.find((person) => person.kind !== 'human');
    if (other !== undefined) {
      const message = `a ${other.kind} in a role that may approve, expected humans only`;
      throw new MessageError('roster/approver-not-human', message, { name: other.id });
    }
    if (holders.length < role.peopleMin) {
      const message = `${holders.length} holders of a role that needs ${role.peopleMin}`;
      throw new MessageError('roster/role-understaffed', message, { name: role.name });
    }
  }
}

function checkOrigins({ executors }: Roster): void {
  const origins = executors.map((executor) => executor.origin);
  const odd = origins.find((origin) => !/^[^\p{C}\p{Z}+]+$/u.test(origin));
  if (odd !== undefined) {
    throw new MessageError(
      'roster/origin-invalid',
      'a log origin with a space, a plus or a hidden character',
      { name: odd },
    );
  }
  refuseRepeated(origins, 'roster/origin-repeated', 'a log origin that stands twice');
}

function refuseHidden(name: string): void {
  if (!hasHiddenCharacter(name)) return;
  throw new MessageError('roster/name-hidden-character', 'a name with characters that are not drawn', {
    name,
  });
}

function refuseRepeated(list: readonly string[], code: MessageErrorCode, message: string): void {
  const seen = new Set<string>();
  for (const [index, name] of list.entries()) {
    if (seen.has(name)) throw new MessageError(code, message, { index, name });
    seen.add(name);
  }
}

/** Refuses when two owners have names that look the same; one owner's own names may. */
function refuseConfusable(
  owners: readonly (readonly string[])[],
  code: 'roster/role-confusable' | 'roster/person-confusable',
): void {
  const ownerOf = new Map<string, number>();
  for (const [index, names] of owners.entries()) {
    for (const name of names) {
      const seen = ownerOf.get(skeleton(name));
      if (seen !== undefined && seen !== index) {
        throw new MessageError(code, 'a name that looks like another one', { index, name });
      }
      ownerOf.set(skeleton(name), index);
    }
  }
}
