import { createMcpHandler } from '@modelcontextprotocol/server';
import Type from 'typebox';
import { AgentDesk } from '../../mcp/agent-desk.ts';
import { toolServer } from '../../mcp/tools.ts';
import { Turns } from '../../mcp/turns.ts';
import { remoteAgent } from '../mcp-agent.ts';
import { ServeRefused } from '../refusal.ts';
import { callerRoute, type Route } from '../route.ts';
import type { Service } from '../service.ts';

const path = '/mcp';

/** What of a call's headers belongs to the protocol. */
const protocolHeaders = ['accept', 'content-type', 'mcp-protocol-version', 'mcp-method', 'mcp-name'];

/** One message at a time, as a client sends them: this server asks clients nothing that they would respond to. */
const message = Type.Object(
  {
    jsonrpc: Type.Enum(['2.0']),
    id: Type.Optional(Type.Union([Type.String({ maxLength: 256 }), Type.Integer()])),
    method: Type.String({ maxLength: 256 }),
    params: Type.Optional(Type.Object({})),
  },
  { additionalProperties: false },
);

/**
 * The tools of `countersign mcp` over streamable HTTP, without sessions: every message says by itself who sends it, and is answered by
 * itself. Clients of 2025 and of 2026 alike.
 */
export function mcpRoutes(service: Service): readonly Route[] {
  const turnsOf = new Map<string, Turns>();
  return [
    callerRoute({
      method: 'POST',
      path,
      summary: 'Model Context Protocol: one message of JSON-RPC, with six tools, none of which approves',
      answers: { 200: 'what JSON-RPC answers, as JSON or as one event', 202: 'a notification was taken' },
      answerType: 'application/json',
      json: message,
      answer: async ({ caller, headers, body, gone }) => {
        const turns = turnsOf.get(caller.person.id) ?? new Turns();
        turnsOf.set(caller.person.id, turns);
        const desk = new AgentDesk(service.world, remoteAgent(service, caller, turns, gone()));
        const handler = createMcpHandler(() => toolServer(desk), {
          // Nothing here changes that a client would subscribe to.
          maxSubscriptions: 0,
          // Its words may be the client's, so they are not logged.
          onerror: () => service.log('warning', 'mcp-refused', { person: caller.person.id }),
        });
        const asked = protocolHeaders.flatMap((name): [string, string][] => {
          const value = headers[name];
          return typeof value === 'string' ? [[name, value]] : [];
        });
        const request = new Request(`http://localhost${path}`, { method: 'POST', headers: asked });
        const response = await handler.fetch(request, { parsedBody: body });
        const bytes = new Uint8Array(await response.arrayBuffer());
        await handler.close();
        const type = response.headers.get('content-type') ?? 'application/json';
        return { kind: 'bytes', status: response.status, type, bytes };
      },
    }),
    callerRoute({
      method: 'GET',
      path,
      summary: 'There is nothing to listen to: every message is answered where it was sent',
      answers: { 405: 'always' },
      answer: () => {
        throw new ServeRefused('serve/method', 'this path takes POST alone');
      },
    }),
  ];
}
