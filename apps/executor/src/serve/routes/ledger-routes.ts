import { toHex } from '@countersign/codec';
import { proveConsistency, proveInclusion, rootAt } from '@countersign/ledger';
import { formatTime } from '@countersign/program';
import { decodeEntry } from '@countersign/messages';
import Type from 'typebox';
import { ledgerHeadOf } from '../../stages/ledger-head.ts';
import { isHuman, type Caller } from '../caller.ts';
import { idOf, idParams, visibleRequest } from '../known-id.ts';
import { ServeRefused } from '../refusal.ts';
import { callerRoute, document, type Route } from '../route.ts';
import type { Service } from '../service.ts';

const number = (description: string): Type.TString =>
  Type.String({ pattern: '^(?:0|[1-9][0-9]{0,14})$', description });

/** The record: its head, and proofs that something is in it and that it only grew. Bodies are not handed out. */
export function ledgerRoutes(service: Service): readonly Route[] {
  return [head(service), inclusion(service), consistency(service), entries(service)];
}

function head({ world }: Service): Route {
  return callerRoute({
    method: 'GET',
    path: '/v1/ledger/head',
    answerName: 'ledger_head',
    summary: 'The signed checkpoint of the ledger',
    answers: { 200: '`checkpoint` is a signed note' },
    answer: () => document({ code: 'ledger/head', ...ledgerHeadOf(world) }),
  });
}

function inclusion({ world }: Service): Route {
  return callerRoute({
    method: 'GET',
    path: '/v1/ledger/inclusion',
    answerName: 'inclusion',
    summary:
      'The proof that an entry is in the tree of the first `size` entries; services and agents ask about their own requests',
    answers: { 200: '`entry` is the leaf; its body is not handed out' },
    query: Type.Object(
      { index: number('of the entry, from 0'), size: Type.Optional(number('all unless given')) },
      { additionalProperties: false },
    ),
    answer: ({ caller, query }) => {
      const { ledger } = world;
      const size = sizeOf(query.size, ledger.size, 1);
      const index = Number(query.index);
      if (index >= size) throw new ServeRefused('serve/parameters', `index ${index} is not below ${size}`);
      const entry = ledger.entry(index);
      requireOwnEntry(world, caller, entry);
      return document({
        code: 'ledger/inclusion',
        index,
        size,
        entry,
        root: rootAt(ledger, size),
        proof: proveInclusion(ledger, index, size),
      });
    },
  });
}

/** An entry names a request, a time and what was done: services and agents are shown those about their own. @throws `request/not-found` */
function requireOwnEntry(world: Service['world'], caller: Caller, entry: Uint8Array): void {
  if (!isHuman(caller)) visibleRequest(world, caller, decodeEntry(entry).requestId ?? new Uint8Array());
}

function consistency({ world }: Service): Route {
  return callerRoute({
    method: 'GET',
    path: '/v1/ledger/consistency',
    answerName: 'consistency',
    summary: 'The proof that the tree of `to` entries extends that of `from`',
    answers: { 200: 'the proof' },
    query: Type.Object(
      { from: number('entries, at least 1'), to: Type.Optional(number('all unless given')) },
      { additionalProperties: false },
    ),
    answer: ({ query }) => {
      const { ledger } = world;
      const to = sizeOf(query.to, ledger.size, 1);
      const from = sizeOf(query.from, to, 1);
      return document({
        code: 'ledger/consistency',
        from,
        to,
        root: rootAt(ledger, to),
        proof: proveConsistency(ledger, from, to),
      });
    },
  });
}

function sizeOf(given: string | undefined, most: number, least: number): number {
  const size = given === undefined ? most : Number(given);
  if (size >= least && size <= most) return size;
  throw new ServeRefused('serve/parameters', `a size of ${size}, expected ${least} to ${most}`);
}

function entries({ world }: Service): Route {
  return callerRoute({
    method: 'GET',
    path: '/v1/requests/{id}/entries',
    answerName: 'entries',
    summary: 'Which entries of the ledger are about a request',
    answers: { 200: 'as `ledger show --json`' },
    params: idParams,
    answer: ({ caller, params }) => {
      const { id } = visibleRequest(world, caller, idOf(params));
      const found = world.ledger.indexesOf(id).map((index) => decodeEntry(world.ledger.entry(index)));
      return document({
        code: 'ledger/entries',
        requestId: toHex(id),
        entries: found.map(({ index, type, madeAt, bodyHash }) => ({
          index,
          type,
          madeAt: formatTime(madeAt),
          bodyHash,
        })),
      });
    },
  });
}
