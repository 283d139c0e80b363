// Records that the right key signed, in which one field has another value than docs/spec/records.md lets it have.
import { decode, encode, parseEnvelope, sign1, type Signer, type Value } from '@countersign/codec';
import type { AppendedEntry } from '@countersign/ledger';
import type { EntryType } from '@countersign/messages';
import { lie, type Lie } from './lie.ts';
import { declared } from './run-lies.ts';
import { signerOf } from './story-cast.ts';
import { Story } from './story.ts';

/** One field of every record of a kind, and who signs it anew. */
interface Bend {
  readonly kind: Extract<EntryType, 'submission' | 'request' | 'receipt'>;
  readonly field: number;
  readonly value: Value;
  readonly signer: Signer;
}

function bent(bytes: Uint8Array, { kind, field, value, signer }: Bend): Uint8Array {
  const record = decode(parseEnvelope(bytes).payload ?? new Uint8Array());
  if (!(record instanceof Map)) throw new Error(`a ${kind} that is no map`);
  return sign1({ type: kind, payload: encode(new Map([...record, [field, value]])), signer });
}

/** A story whose records of one kind are bent. */
class BentStory extends Story {
  readonly #bend: Bend;

  constructor(bend: Bend) {
    super();
    this.#bend = bend;
  }

  override append(...[type, body, about, options]: Parameters<Story['append']>): AppendedEntry {
    const written = type === this.#bend.kind ? bent(body, this.#bend) : body;
    return super.append(type, written, about, options);
  }
}

/** Tells a declared emergency up to its record of the kind that is bent. */
function toldBent(name: string, bend: Bend): Lie {
  const story = new BentStory(bend).begin();
  if (bend.kind === 'submission') story.submit({ breakGlass: true });
  else {
    const made = declared(story);
    if (bend.kind === 'receipt') {
      story.decide(made, 'carol');
      story.decide(made, 'dave');
      story.intent(made);
      story.receipt(made, { breakGlass: true });
    }
  }
  const index = story.ledger.size - 1;
  story.note('operator', { person: 'alice', verb: 'note', text: 'nothing happened' });
  return lie(name, 'ledger/signature-invalid', index, story.bundle());
}

function submission(name: string, value: Value): Lie {
  return toldBent(name, { kind: 'submission', field: 9, value, signer: signerOf('alice') });
}

function request(name: string, value: Value): Lie {
  return toldBent(name, { kind: 'request', field: 17, value, signer: signerOf('executor') });
}

function receipt(name: string, value: Value): Lie {
  return toldBent(name, { kind: 'receipt', field: 12, value, signer: signerOf('executor') });
}

/** Lies about the form of what is said about an emergency. */
export const formLies: readonly Lie[] = [
  submission('a declaration that says no', false),
  submission('a declaration that is a number', 1),
  request('another decision than there is beside a declaration', ['maybe', []]),
  request('a decision alone beside a declaration', ['deny']),
  request('steps beside a denial', ['deny', [[['dba', 1]]]]),
  request('no steps beside an approval', ['require', []]),
  request('a step that asks nobody', ['require', [[]]]),
  request('a step that asks for no person', ['require', [[['dba', 0]]]]),
  request('a step that asks for a role twice', [
    'require',
    [
      [
        ['dba', 1],
        ['dba', 2],
      ],
    ],
  ]),
  receipt('a receipt whose declaration says no', false),
  receipt('a receipt whose declaration is a number', 1),
];
