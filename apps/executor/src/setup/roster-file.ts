import { admitKey, fromHex, toHex } from '@countersign/codec';
import { formatPublicKeyLine, parsePublicKeyLine } from '@countersign/keys';
import type { May, Person, PersonKey, PersonKind, Revocation, Role, Roster } from '@countersign/messages';
import { formatTime, parseTime } from '@countersign/program';
import { parseStrictYaml, type ConfigurationNode } from '../home/strict-yaml.ts';

const idShape = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const anyText = /^[^]{1,256}$/;
const cspubShape = /^cspub1 .+$/;

/** Returns the part of a roster that people edit, as YAML that {@link parseRosterFile} reads back. */
export function formatRosterFile(roster: Roster): string {
  const lines = [
    `# Roster ${roster.number}. Edit it, then: countersign roster propose FILE`,
    'version: 1',
    '',
    'root:',
  ];
  lines.push(`  threshold: ${roster.root.threshold}`, '  keys:');
  lines.push(
    ...roster.root.keys.map(
      (key, index) =>
        `    - ${quoted(formatPublicKeyLine({ name: `root-${index + 1}`, key: admitKey(key) }))}`,
    ),
  );
  lines.push('', 'roles:');
  for (const { name, may, peopleMin } of roster.roles)
    lines.push(`  ${name}: { may: [${may.join(', ')}], people: ${peopleMin} }`);
  lines.push('', 'people:');
  for (const person of roster.persons) lines.push(...personLines(person));
  lines.push('', 'executors:');
  for (const { origin, publicKey } of roster.executors) {
    lines.push(
      `  ${quoted(origin)}: ${quoted(formatPublicKeyLine({ name: 'executor', key: admitKey(publicKey) }))}`,
    );
  }
  lines.push(
    '',
    '# KEY-ID: INDEX. Nothing by a revoked key counts from this ledger index on; `now` is the index of the next entry.',
    `revoked:${roster.revocations.length === 0 ? ' {}' : ''}`,
  );
  for (const { kid, fromIndex } of roster.revocations) lines.push(`  ${quoted(toHex(kid))}: ${fromIndex}`);
  return `${lines.join('\n')}\n`;
}

function personLines({ id, name, kind, roles, keys }: Person): readonly string[] {
  return [
    `  ${id}:`,
    `    name: ${quoted(name)}`,
    `    kind: ${kind}`,
    `    roles: [${roles.join(', ')}]`,
    '    keys:',
    ...keys.flatMap(({ publicKey, validFrom, validUntil }) => [
      `      - key: ${quoted(formatPublicKeyLine({ name: id, key: admitKey(publicKey) }))}`,
      ...(validFrom === undefined ? [] : [`        from: ${quoted(formatTime(validFrom))}`]),
      ...(validUntil === undefined ? [] : [`        until: ${quoted(formatTime(validUntil))}`]),
    ]),
  ];
}

/** JSON strings are YAML strings. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

/** What follows which roster. */
export interface Succession {
  readonly before: Roster;
  /** SHA-256 of the payload of `before`. */
  readonly beforeHash: Uint8Array;
  readonly madeAt: number;
  /** Entries of the ledger: what `now` means as the beginning of a revocation. */
  readonly ledgerSize: number;
}

/**
 * Returns the roster that a YAML file describes, as the next one after `before`. Whether it keeps the roster's rules is
 * checked where it is signed.
 * @throws `configuration/…` with file, line and column
 */
export function parseRosterFile(
  text: string,
  path: string,
  { before, beforeHash, madeAt, ledgerSize }: Succession,
): Roster {
  const parts = ['version', 'root', 'roles', 'people', 'executors', 'revoked'];
  const file = new Entries(parseStrictYaml(text, path), parts, parts);
  file.need('version').integer(1, 1);
  const root = new Entries(file.need('root'), ['threshold', 'keys'], ['threshold', 'keys']);
  return {
    version: 1,
    domain: before.domain,
    number: before.number + 1,
    previous: beforeHash,
    madeAt,
    root: {
      threshold: root.need('threshold').integer(1, 32),
      keys: root
        .need('keys')
        .items()
        .map(readKey)
        .toSorted((a, b) => Buffer.compare(a, b)),
    },
    roles: [...file.need('roles').entries()].map(([name, node]) => readRole(name, node)),
    persons: [...file.need('people').entries()].map(([id, node]) => readPerson(id, node)),
    executors: [...file.need('executors').entries()].map(([origin, node]) => ({
      origin,
      publicKey: readKey(node),
    })),
    revocations: [...file.need('revoked').entries()].map(([kid, node]) =>
      readRevocation(kid, node, ledgerSize),
    ),
  };
}

/** A mapping with known keys, of which some must be there. */
class Entries {
  readonly #node: ConfigurationNode;
  readonly #entries: ReadonlyMap<string, ConfigurationNode>;

  constructor(node: ConfigurationNode, known: readonly string[], required: readonly string[]) {
    this.#node = node;
    this.#entries = node.record(known, required);
  }

  get(key: string): ConfigurationNode | undefined {
    return this.#entries.get(key);
  }

  need(key: string): ConfigurationNode {
    const found = this.#entries.get(key);
    if (found === undefined)
      throw this.#node.error('configuration/missing-key', `no key ${JSON.stringify(key)}`);
    return found;
  }
}

function readRole(name: string, node: ConfigurationNode): Role {
  const entries = new Entries(node, ['may', 'people'], ['may', 'people']);
  const may = entries
    .need('may')
    .items()
    .map((one) => one.text(/^(submit|approve|audit)$/, 'submit, approve or audit') as May);
  return { name, may, peopleMin: entries.need('people').integer(0, 1000) };
}

function readPerson(id: string, node: ConfigurationNode): Person {
  if (!idShape.test(id))
    throw node.error('configuration/value', `${JSON.stringify(id)} is no person id, expected a-z 0-9 . _ -`);
  const entries = new Entries(node, ['name', 'kind', 'roles', 'keys'], ['name', 'kind', 'roles', 'keys']);
  return {
    id,
    name: entries.need('name').text(anyText, 'a name'),
    kind: entries.need('kind').text(/^(human|service|agent)$/, 'human, service or agent') as PersonKind,
    roles: entries
      .need('roles')
      .items()
      .map((role) => role.text(anyText, 'the name of a role')),
    keys: entries.need('keys').items().map(readPersonKey),
  };
}

function readPersonKey(node: ConfigurationNode): PersonKey {
  const entries = new Entries(node, ['key', 'from', 'until'], ['key']);
  const time = (key: string): number | undefined => {
    const text = entries.get(key)?.text(anyText, 'a time such as 2026-01-31T09:00:00Z');
    return text === undefined ? undefined : parseTime(text);
  };
  const [validFrom, validUntil] = [time('from'), time('until')];
  return {
    publicKey: readKey(entries.need('key')),
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validUntil === undefined ? {} : { validUntil }),
  };
}

function readKey(node: ConfigurationNode): Uint8Array {
  return parsePublicKeyLine(node.text(cspubShape, 'a public key line (cspub1 …)'), 1).key;
}

function readRevocation(kid: string, node: ConfigurationNode, ledgerSize: number): Revocation {
  if (!/^[0-9a-f]{64}$/.test(kid))
    throw node.error(
      'configuration/value',
      `${JSON.stringify(kid)} is no key id, expected 64 hexadecimal digits`,
    );
  return {
    kid: fromHex(kid),
    fromIndex: node.is('now') ? ledgerSize : node.integer(0, Number.MAX_SAFE_INTEGER),
  };
}
