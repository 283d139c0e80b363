import type { Change, ExecutorKey, Person, Revocation, Role, RosterDifference } from '@countersign/messages';
import { toHex } from '@countersign/codec';
import { joinSpans, warning } from './blocks.ts';
import type { Block, Span } from './document.ts';
import type { Notes } from './notes.ts';
import { harmlessSpans, say } from './spans.ts';
import { formatMoment } from './time.ts';

/** Returns what a newer roster changes, a line an item, to be compared by an approver before it is taken up. */
export function rosterChangeBlocks(change: RosterDifference, notes: Notes): readonly Block[] {
  const numbers = [say(`(roster ${change.fromNumber} to ${change.toNumber})`)];
  return [warning(notes, 'roster/changed', { detail: numbers }), ...rosterChangeLines(change)];
}

/**
 * Returns the items of a roster's change, a line each. INVARIANT: an altered item shows every field that can differ, so that no two
 * different items read alike.
 */
export function rosterChangeLines({
  root,
  roles,
  persons,
  executors,
  revocations,
}: RosterDifference): readonly Block[] {
  return [
    ...(root === null
      ? []
      : [
          changeLine('altered', [say(`root keys: ${keysOf(root.before)} → ${keysOf(root.after)}`, 'danger')]),
        ]),
    ...roles.map((item) => itemLine('role ', item, roleSpans)),
    ...persons.map((item) => itemLine('person ', item, personSpans)),
    ...executors.map((item) => itemLine('executor of ', item, executorSpans)),
    ...revocations.map((item) => itemLine('revocation of key ', item, revocationSpans)),
  ];
}

function keysOf(root: { readonly threshold: number; readonly keys: readonly Uint8Array[] }): string {
  return `${root.threshold} of ${root.keys.map(toHex).join(', ')}`;
}

function roleSpans({ name, may, peopleMin }: Role): readonly Span[] {
  const permissions = may.length === 0 ? 'nothing' : may.join(', ');
  return [...harmlessSpans(name), say(`: may ${permissions}; at least ${peopleMin} people`)];
}

function personSpans({ name, id, kind, roles, keys }: Person): readonly Span[] {
  return [
    ...harmlessSpans(name),
    say(' ('),
    ...harmlessSpans(id),
    say(`, ${kind}): roles `),
    ...harmlessSpans(roles.join(', ')),
    say('; keys '),
    ...joinSpans(
      keys.map((key) => [say(`${toHex(key.publicKey)}${validityText(key)}`)]),
      ', ',
    ),
  ];
}

function validityText({ validFrom, validUntil }: Person['keys'][number]): string {
  const from = validFrom === undefined ? '' : ` from ${formatMoment(validFrom)}`;
  return validUntil === undefined ? from : `${from} until ${formatMoment(validUntil)}`;
}

function executorSpans({ origin, publicKey }: ExecutorKey): readonly Span[] {
  return [...harmlessSpans(origin), say(`: key ${toHex(publicKey)}`)];
}

function revocationSpans({ kid, fromIndex }: Revocation): readonly Span[] {
  return [say(`${toHex(kid)} from ledger entry ${fromIndex}`)];
}

function itemLine<T>(what: string, item: Change<T>, spansOf: (one: T) => readonly Span[]): Block {
  switch (item.change) {
    case 'added':
      return changeLine('added', [say(what), ...spansOf(item.after)]);
    case 'removed':
      return changeLine('removed', [say(what), ...spansOf(item.before)]);
    case 'altered':
      return changeLine('altered', [say(what), ...spansOf(item.before), say(' → '), ...spansOf(item.after)]);
  }
}

function changeLine(kind: Change<unknown>['change'], spans: readonly Span[]): Block {
  const words = { added: '+ added ', removed: '− removed ', altered: '~ changed ' };
  const roles = { added: 'added', removed: 'removed', altered: 'changed' } as const;
  return { kind: 'line', mark: '•', spans: [say(words[kind], roles[kind]), ...spans] };
}
