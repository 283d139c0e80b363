import type { Change, Person, RosterDifference } from '@countersign/messages';
import { toHex } from '@countersign/codec';
import { warning } from './blocks.ts';
import type { Block, Span } from './document.ts';
import type { Notes } from './notes.ts';
import { harmlessSpans, say } from './spans.ts';

/** Returns what a newer roster changes, a line an item, to be compared by an approver before it is taken up. */
export function rosterChangeBlocks(change: RosterDifference, notes: Notes): readonly Block[] {
  const numbers = [say(`(roster ${change.fromNumber} to ${change.toNumber})`)];
  const { root } = change;
  return [
    warning(notes, 'roster/changed', { detail: numbers }),
    ...(root === null
      ? []
      : [
          changeLine('altered', [say(`root keys: ${keysOf(root.before)} → ${keysOf(root.after)}`, 'danger')]),
        ]),
    ...change.roles.map((item) =>
      changeLine(item.change, [say('role '), ...harmlessSpans(either(item).name)]),
    ),
    ...change.persons.map((item) => changeLine(item.change, personSpans(item))),
    ...change.executors.map((item) =>
      changeLine(item.change, [say('executor of '), ...harmlessSpans(either(item).origin)]),
    ),
    ...change.revocations.map((item) => {
      const { kid, fromIndex } = either(item);
      return changeLine(item.change, [say(`revocation of key ${toHex(kid)} from ledger entry ${fromIndex}`)]);
    }),
  ];
}

function keysOf(root: { readonly threshold: number; readonly keys: readonly Uint8Array[] }): string {
  return `${root.threshold} of ${root.keys.map(toHex).join(', ')}`;
}

function either<T>(change: Change<T>): T {
  return change.change === 'removed' ? change.before : change.after;
}

function personSpans(change: Change<Person>): readonly Span[] {
  const text = (person: Person): readonly Span[] => [
    ...harmlessSpans(person.name),
    say(' ('),
    ...harmlessSpans(person.id),
    say(`, ${person.kind}): roles `),
    ...harmlessSpans(person.roles.join(', ')),
    say(`; keys ${person.keys.map((key) => toHex(key.publicKey)).join(', ')}`),
  ];
  if (change.change !== 'altered') return [say('person '), ...text(either(change))];
  return [say('person '), ...text(change.before), say(' → '), ...text(change.after)];
}

function changeLine(kind: Change<unknown>['change'], spans: readonly Span[]): Block {
  const words = { added: '+ added ', removed: '− removed ', altered: '~ changed ' };
  const roles = { added: 'added', removed: 'removed', altered: 'changed' } as const;
  return { kind: 'line', mark: '•', spans: [say(words[kind], roles[kind]), ...spans] };
}
