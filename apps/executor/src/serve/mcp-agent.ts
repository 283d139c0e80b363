import { equalBytes, toHex, type Signer } from '@countersign/codec';
import { begunOf, type Agent } from '../mcp/agent.ts';
import type { Turns } from '../mcp/turns.ts';
import { takeIn } from '../stages/intake.ts';
import { withToken } from '../stages/context.ts';
import { within } from '../within.ts';
import { requireGood, type Caller } from './caller.ts';
import { ServeRefused } from './refusal.ts';
import type { Service } from './service.ts';

/** Clients give a call up after 60 seconds or more. */
const patienceMs = 50_000;

/**
 * Returns whoever calls as an agent of the Model Context Protocol. What they submit goes the way of every submission here; it is signed
 * with the key that this home holds for them, and names the token that spoke for them.
 */
export function remoteAgent(service: Service, caller: Caller, turns: Turns, gone: AbortSignal): Agent {
  const { world, room, submissions, tokens, freshPolicy } = service;
  return {
    person: () => requireGood(world, caller),
    turns,
    submit: async (draft, person) => {
      const signer = await signerOf(service, caller);
      const { token } = caller;
      const context = token === undefined ? draft.context : withToken(draft.context, token.hash);
      const intake = takeIn(world, { ...draft, context }, { person, signer });
      room.require(person.id);
      tokens.record(caller);
      const { id } = intake.submission;
      const submitted = await within(submissions.begin(intake).ended, patienceMs, gone);
      if (submitted !== undefined) return begunOf(submitted);
      if (world.store.request(id) !== undefined) return { id, result: undefined };
      throw new ServeRefused(
        'serve/busy',
        `request ${toHex(id)} is still on its way: ask for it with get_request`,
      );
    },
    hold: (work) => room.hold(caller.person.id, work),
    patienceMs,
    freshPolicy,
    traced: world.trace.called,
    gone: AbortSignal.any([gone, AbortSignal.timeout(patienceMs)]),
  };
}

/** @throws ServeRefused `serve/unsigned` when nothing here can sign for the caller */
async function signerOf({ signers }: Service, { person, key, identity }: Caller): Promise<Signer> {
  if (identity !== undefined) return identity.signer;
  const held = await signers.held(person.id);
  if (held !== undefined && equalBytes(held.publicKey, key)) return held;
  throw new ServeRefused('serve/unsigned', 'this home holds no key that signs what you submit', {
    hint: 'draft at /v1/drafts, sign what it answers and send it to /v1/requests; here ask about it, wait for it and run it',
  });
}
