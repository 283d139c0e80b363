import { toHex } from '@countersign/codec';
import { decodeResponse } from '@countersign/messages';
import Type from 'typebox';
import { admitFile, importDocument } from '../../commands/finding.ts';
import { requestDocument } from '../../commands/request-document.ts';
import { runDocument } from '../../commands/run-document.ts';
import { exportRequest } from '../../stages/export.ts';
import { closeDue, withdrawRequest } from '../../stages/expire.ts';
import { requestOfRow, requireSealed } from '../../stages/known-request.ts';
import { masksIn } from '../../stages/mask.ts';
import { requireRequest } from '../../stages/request.ts';
import { runRequest } from '../../stages/run.ts';
import type { RequestRow } from '../../store/request-row.ts';
import { isHuman, type Caller } from '../caller.ts';
import { idOf, idParams, visibleRequest } from '../known-id.ts';
import { ServeRefused } from '../refusal.ts';
import { callerRoute, document, type Route } from '../route.ts';
import type { Service } from '../service.ts';

export const bundleType = 'application/vnd.countersign.bundle';
export const responseType = 'application/vnd.countersign.response';
const responseBytesMax = 1_048_576;

/** What moves a request on. None of it decides: decisions come in signed, and are judged by whose signature they bear. */
export function actRoutes(service: Service): readonly Route[] {
  return [withdraw(service), exportBundle(service), importDecisions(service), run(service)];
}

function withdraw({ world, freshPolicy }: Service): Route {
  return callerRoute({
    method: 'POST',
    path: '/v1/requests/{id}/withdraw',
    answerName: 'request',
    summary: 'Take a request back',
    answers: { 200: 'it is withdrawn', 422: 'it no longer waits' },
    params: idParams,
    json: Type.Object(
      { reason: Type.String({ minLength: 1, maxLength: 4_096 }) },
      { additionalProperties: false },
    ),
    answer: ({ caller, params, body }) => {
      freshPolicy();
      const row = visibleRequest(world, caller, idOf(params));
      withdrawRequest(world, row, caller.person.id, body.reason);
      return document({
        code: 'request/withdrawn',
        ...requestDocument(world, requireRequest(world, row.id)),
      });
    },
  });
}

function exportBundle({ world }: Service): Route {
  return callerRoute({
    method: 'POST',
    path: '/v1/requests/{id}/export',
    summary: 'Carry a request out: the bundle (*.csreq) for approvers. The ledger keeps that it was',
    answers: {
      200: 'the bundle',
      403: 'policy masks values in it, and the caller submitted it',
      422: 'it takes no more decisions',
    },
    answerType: bundleType,
    params: idParams,
    answer: ({ caller, params }) => {
      closeDue(world);
      const row = visibleRequest(world, caller, idOf(params));
      requireUnmasked(caller, row);
      return { kind: 'bytes', type: bundleType, bytes: exportRequest(world, row, 'http') };
    },
  });
}

/** The bundle holds every value for approvers to see, and a mask hides values from whoever submits. docs/spec/policy.md#masks */
function requireUnmasked({ person }: Caller, row: RequestRow): void {
  if (row.submitter !== person.id || row.sealed === null) return;
  if (masksIn(requestOfRow(requireSealed(row)).policy.obligations).length === 0) return;
  throw new ServeRefused('serve/masked', 'policy masks values in this request from whoever submitted it', {
    hint: 'another person carries it out, or somebody on the executor: `countersign export` or `countersign scan`',
  });
}

function importDecisions({ world }: Service): Route {
  return {
    method: 'POST',
    path: '/v1/decisions',
    answerName: 'imported',
    summary: 'Carry decisions in: the bytes (*.csdec) that an approver signed offline. People only',
    access: 'caller',
    answers: { 200: '`decisions`: what became of each; `exit_code` as `import` would end' },
    bodies: [{ type: 'bytes', mediaType: responseType, bytesMax: responseBytesMax }],
    answer: ({ caller, body }) => {
      requireHuman(caller);
      const bytes = body instanceof Uint8Array ? body : new Uint8Array();
      // Before anything is judged: what is no response is refused as a whole.
      decodeResponse(bytes);
      const { exitCode, fields } = importDocument(world, admitFile(world, { path: 'http', bytes }));
      return document(fields, { exitCode });
    },
  };
}

/** Whoever has a stolen key of a service can write nothing into the ledger but what is that service's own. */
function requireHuman(caller: Caller | undefined): void {
  if (caller === undefined || !isHuman(caller))
    throw new ServeRefused('serve/role', 'decisions are carried in by people, not by services or agents');
}

function run({ world, room, freshPolicy }: Service): Route {
  return callerRoute({
    method: 'POST',
    path: '/v1/requests/{id}/run',
    answerName: 'request',
    summary: 'Run an approved request, once, if its effect is still the approved one',
    answers: {
      200: 'it was executed, or it drifted and nothing was written; `exit_code` says which',
      409: 'it may not run now; `code` says why',
    },
    params: idParams,
    answer: async ({ caller, params }) => {
      freshPolicy();
      const { id } = visibleRequest(world, caller, idOf(params));
      const { exitCode, fields } = runDocument(
        world,
        await room.hold(caller.person.id, () => runRequest(world, id)),
      );
      return document({ requestId: toHex(id), ...fields }, { exitCode });
    },
  });
}
