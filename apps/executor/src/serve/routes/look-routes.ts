import { toHex } from '@countersign/codec';
import { formatTime } from '@countersign/program';
import Type from 'typebox';
import { diffDocument, rowDocument } from '../../commands/request-document.ts';
import { signedDiff } from '../../stages/stored-diff.ts';
import { shownDiff } from '../../commands/shown-diff.ts';
import { closeDue } from '../../stages/expire.ts';
import { requestOfRow, requireSealed } from '../../stages/known-request.ts';
import { isOpen, isTerminal, requestStates } from '../../store/schema.ts';
import type { RequestRow } from '../../store/request-row.ts';
import { isHuman, type Caller } from '../caller.ts';
import { idOf, idParams, visibleRequest } from '../known-id.ts';
import { callerRoute, document, type Route } from '../route.ts';
import type { Service } from '../service.ts';
import { beingWorkedOn, standing } from '../submitting.ts';
import type { Outcome } from '../../commands/outcome.ts';
import { waitMsOf, waitQuery } from '../wait-query.ts';

const pageMax = 200;
const pageDefault = 50;
/** A stream ends by itself after so long; clients connect again. */
const streamMs = 600_000;

const listQuery = Type.Object(
  {
    state: Type.Optional(Type.Enum(requestStates as string[])),
    limit: Type.Optional(
      Type.String({
        pattern: '^(?:[1-9][0-9]?|1[0-9][0-9]|200)$',
        description: `1 to ${pageMax}; ${pageDefault} unless given`,
      }),
    ),
    cursor: Type.Optional(
      Type.String({ pattern: '^[0-9]{1,15}$', description: '`next_cursor` of the page before' }),
    ),
  },
  { additionalProperties: false },
);

/** Looking at requests: services and agents see their own, people see all. */
export function lookRoutes(service: Service): readonly Route[] {
  return [list(service), get(service), wait(service), events(service), diff(service)];
}

function list({ world }: Service): Route {
  return callerRoute({
    method: 'GET',
    path: '/v1/requests',
    answerName: 'requests',
    summary: 'Requests, newest first',
    answers: { 200: '`requests`, and `next_cursor` when there are more' },
    query: listQuery,
    answer: ({ caller, query }) => {
      closeDue(world);
      const limit = Number(query.limit ?? pageDefault);
      const rows = world.store.requestsBefore({
        before: query.cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(query.cursor),
        state: requestStates.find((state) => state === query.state) ?? null,
        submitter: isHuman(caller) ? null : caller.person.id,
        countMax: limit + 1,
      });
      const page = rows.slice(0, limit);
      const last = page.at(-1)?.sequence;
      return document({
        code: 'request/listed',
        requests: page.map(rowDocument),
        nextCursor: rows.length > limit && last !== undefined ? String(last) : undefined,
      });
    },
  });
}

function get(service: Service): Route {
  return callerRoute({
    method: 'GET',
    path: '/v1/requests/{id}',
    answerName: 'request',
    summary: 'One request: what, why, who decided, what happened',
    answers: { 200: 'as `show --json`; `exit_code` as `wait` would end' },
    params: idParams,
    answer: ({ caller, params }) => {
      closeDue(service.world);
      const { exitCode, fields } = standingNow(service, caller, idOf(params));
      return document(fields, { exitCode });
    },
  });
}

/** How a request of the caller's stands. Before its submission is recorded there is none yet, but whoever was told its id may ask. */
function standingNow({ world, submissions }: Service, caller: Caller, id: Uint8Array): Outcome {
  const inHand = submissions.find(id);
  if (inHand?.intake.person.id !== caller.person.id || world.store.request(id) !== undefined)
    return standing(world, visibleRequest(world, caller, id));
  return beingWorkedOn(id);
}

function wait(service: Service): Route {
  return callerRoute({
    method: 'GET',
    path: '/v1/requests/{id}/wait',
    answerName: 'request',
    summary: 'Wait until a request is decided or ended, at most 50 seconds',
    waits: true,
    answers: { 200: 'how it stands; `timed_out` says whether it is still open' },
    params: idParams,
    query: waitQuery,
    answer: async ({ caller, params, query, gone }) => {
      const id = idOf(params);
      standingNow(service, caller, id);
      const span = { until: gone(), timeoutMs: waitMsOf(query) };
      const satisfied = await service.watch.follow(caller, id, ({ state }) => !isOpen(state), span);
      const { exitCode, fields } = standingNow(service, caller, id);
      return document({ ...fields, timedOut: !satisfied }, { exitCode });
    },
  });
}

function events({ world, watch }: Service): Route {
  return callerRoute({
    method: 'GET',
    path: '/v1/requests/{id}/events',
    summary: 'Follow a request by server-sent events until it has ended',
    waits: true,
    answers: { 200: 'an event `request` with every change' },
    answerType: 'text/event-stream',
    params: idParams,
    answer: ({ caller, params }) => {
      const { id } = visibleRequest(world, caller, idOf(params));
      return {
        kind: 'events',
        run: async (send, gone) => {
          const tell = (row: RequestRow): boolean => {
            const { exitCode, fields } = standing(world, row);
            send('request', { ...fields, exitCode, decided: world.store.decisionsOf(id).length });
            return isTerminal(row.state);
          };
          await watch.follow(caller, id, tell, { until: gone, timeoutMs: streamMs });
        },
      };
    },
  });
}

function diff({ world }: Service): Route {
  return callerRoute({
    method: 'GET',
    path: '/v1/requests/{id}/diff',
    answerName: 'diff',
    summary: 'Exactly which rows a request changes; values that policy masks are hidden',
    answers: { 200: 'as `diff --json`' },
    params: idParams,
    answer: ({ caller, params }) => {
      const row = requireSealed(visibleRequest(world, caller, idOf(params)));
      const request = requestOfRow(row);
      return document({
        code: 'request/diff',
        requestId: toHex(row.id),
        madeAt: formatTime(request.madeAt),
        diff: diffDocument(shownDiff(request, signedDiff(row, request)), request.effect.diffDigest),
      });
    },
  });
}
