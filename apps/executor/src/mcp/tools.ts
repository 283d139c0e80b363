import {
  McpServer,
  TRACEPARENT_META_KEY,
  TRACESTATE_META_KEY,
  type CallToolResult,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { JsonObject } from '@countersign/program';
import { executorVersion } from '../version.ts';
import type { CallerTrace } from '../trace/trace.ts';
import type { AgentDesk } from './agent-desk.ts';
import { answerDocument, refusalDocument, type Answer } from './answer.ts';
import { serverInstructions } from './guidance.ts';
import { describeInput, explainInput, requestInput, submitInput, waitInput } from './inputs.ts';
import { describeOutput, explainOutput, requestOutput, waitOutput } from './outputs.ts';

/** Nothing is changed by asking again; what is answered holds text of people and databases. */
const looking = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true };

/** Returns an MCP server with the six tools of a desk. INVARIANT: none of them approves or carries a decision in. */
export function toolServer(desk: AgentDesk): McpServer {
  const info = { name: 'countersign', title: 'Countersign', version: executorVersion };
  const server = new McpServer(info, { capabilities: { tools: {} }, instructions: serverInstructions });
  addSubmitting(server, desk);
  addLooking(server, desk);
  return server;
}

function addSubmitting(server: McpServer, desk: AgentDesk): void {
  server.registerTool(
    'submit_query',
    {
      title: 'Submit SQL',
      description:
        'Submits SQL with the reason for it. A read that policy allows runs at once and answers with its rows; anything else is ' +
        'denied by policy or waits for people who approve it offline. This tool never changes the database by itself.',
      inputSchema: submitInput,
      outputSchema: requestOutput,
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: false,
        openWorldHint: true,
      },
    },
    (input, { mcpReq }) => answered(desk, mcpReq, () => desk.submit(input, mcpReq.signal)),
  );
  server.registerTool(
    'run_approved',
    {
      title: 'Run an approved request',
      description:
        'Runs a request that enough approvers signed: at most once, and only if its effect is still the one they saw. It cannot ' +
        'run what is not approved.',
      inputSchema: requestInput,
      outputSchema: requestOutput,
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
    },
    (input, { mcpReq }) => answered(desk, mcpReq, () => desk.run(input, mcpReq.signal)),
  );
}

function addLooking(server: McpServer, desk: AgentDesk): void {
  server.registerTool(
    'get_request',
    {
      title: 'Look at a request',
      description:
        'Says how a request of yours stands: its state, who decided, what they noted, who must still decide.',
      inputSchema: requestInput,
      outputSchema: requestOutput,
      annotations: looking,
    },
    (input, { mcpReq }) => answered(desk, mcpReq, () => desk.get(input)),
  );
  server.registerTool(
    'wait_request',
    {
      title: 'Wait for a request',
      description:
        'Waits at most 50 seconds for a request of yours to be decided or to end; timed_out says whether it still waits. ' +
        'Approval usually takes longer: do other work between two calls.',
      inputSchema: waitInput,
      outputSchema: waitOutput,
      annotations: looking,
    },
    (input, { mcpReq }) => answered(desk, mcpReq, () => desk.wait(input, mcpReq.signal)),
  );
  server.registerTool(
    'explain_policy',
    {
      title: 'Ask policy about SQL',
      description:
        'Says what policy makes of statements and who would have to approve them. Nothing is run or recorded.',
      inputSchema: explainInput,
      outputSchema: explainOutput,
      annotations: looking,
    },
    (input, { mcpReq }) => answered(desk, mcpReq, () => desk.explain(input, mcpReq.signal)),
  );
  server.registerTool(
    'describe_target',
    {
      title: 'Describe a database',
      description: 'Says which engine a database is and which tables and columns you may name.',
      inputSchema: describeInput,
      outputSchema: describeOutput,
      annotations: looking,
    },
    (input, { mcpReq }) => answered(desk, mcpReq, () => desk.describe(input, mcpReq.signal)),
  );
}

type Call = ServerContext['mcpReq'];

async function answered(
  desk: AgentDesk,
  { _meta: meta }: Call,
  act: () => Answer | Promise<Answer>,
): Promise<CallToolResult> {
  try {
    return resultOf(answerDocument(await desk.traced(callerIn(meta), act)));
  } catch (thrown) {
    return { ...resultOf(refusalDocument(thrown)), isError: true };
  }
}

/** What a call says of the trace it belongs to (SEP-414). Nothing checked it. */
function callerIn(meta: Call['_meta'] = {}): CallerTrace {
  const { [TRACEPARENT_META_KEY]: traceparent, [TRACESTATE_META_KEY]: tracestate } = meta;
  return {
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    tracestate: typeof tracestate === 'string' ? tracestate : undefined,
  };
}

/** Some clients hand the model the text, some the structure: both say the same. */
function resultOf(document: JsonObject): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(document) }], structuredContent: document };
}
