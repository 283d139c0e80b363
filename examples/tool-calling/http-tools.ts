import { needed } from './model-request.ts';
import { SignedCalls, type ServerAnswer } from './signed-calls.ts';
import type { Environment, ToolDefinition, ToolResult, Tools } from './tools.ts';

type Input = Readonly<Record<string, unknown>>;

interface HttpTool extends ToolDefinition {
  readonly act: (input: Input) => Promise<ServerAnswer>;
}

/** The tools over `countersign serve`: an agent anywhere that has nothing of Countersign but a key of the roster. */
export class HttpTools implements Tools {
  readonly definitions: readonly HttpTool[];

  private constructor(definitions: readonly HttpTool[]) {
    this.definitions = definitions;
  }

  /** @throws Error when COUNTERSIGN_URL, COUNTERSIGN_KEY or COUNTERSIGN_KEY_ID is missing */
  static async start(environment: Environment): Promise<HttpTools> {
    const server = new SignedCalls(
      needed('COUNTERSIGN_URL', environment),
      needed('COUNTERSIGN_KEY', environment),
      needed('COUNTERSIGN_KEY_ID', environment),
    );
    const { document } = await server.get('/openapi.json');
    return new HttpTools([...submitting(server, draftSchemaOf(document)), ...looking(server)]);
  }

  /** What the schema does not name is refused here: of a call with `confirm` nothing is sent. */
  async call(name: string, input: Input): Promise<ToolResult> {
    const tool = this.definitions.find((one) => one.name === name);
    const known = Object.keys(tool?.schema['properties'] ?? {});
    const unknown = Object.keys(input).filter((key) => !known.includes(key));
    if (tool === undefined) return { text: `there is no tool ${name}`, isError: true };
    if (unknown.length > 0) return { text: `${name} takes no ${unknown.join(', ')}`, isError: true };
    const { isRefused, document } = await tool.act(input);
    const { code, ...data } = document;
    return { text: JSON.stringify({ code, data }), isError: isRefused };
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

function submitting(server: SignedCalls, draft: ToolDefinition['schema']): readonly HttpTool[] {
  return [
    {
      name: 'submit_query',
      description:
        'Submits SQL with the reason for it. A read that policy allows runs at once; anything else is denied or waits for people who approve it offline.',
      schema: draft,
      act: (input) => server.submit(input),
    },
    {
      name: 'explain_policy',
      description:
        'Says what policy makes of statements and who would have to approve them. Nothing is run or recorded.',
      schema: draft,
      act: (input) => server.post('/v1/policy/explain', input),
    },
    {
      name: 'run_approved',
      description:
        'Runs a request that enough approvers signed: once, and only if its effect is still the one they saw.',
      schema: schemaOf({ request_id: requestId }),
      act: (input) => server.post(`${pathOf(input)}/run`),
    },
  ];
}

function looking(server: SignedCalls): readonly HttpTool[] {
  return [
    {
      name: 'get_request',
      description:
        'Says how a request of yours stands: its state, who decided, what they noted, who must still decide.',
      schema: schemaOf({ request_id: requestId }),
      act: (input) => server.get(pathOf(input)),
    },
    {
      name: 'wait_request',
      description:
        'Waits at most 50 seconds for a request of yours to be decided or to end. Approval usually takes longer.',
      schema: schemaOf({ request_id: requestId, seconds: { type: 'integer', minimum: 0, maximum: 50 } }),
      act: (input) => server.get(`${pathOf(input)}/wait?wait=${Number(input['seconds'])}`),
    },
    {
      name: 'describe_target',
      description: 'Says which engine a database is and which tables and columns you may name.',
      schema: schemaOf({ target: { type: 'string' } }),
      act: (input) => server.get(`/v1/targets/${encodeURIComponent(String(input['target']))}`),
    },
  ];
}

const requestId = { type: 'string', pattern: '^[0-9a-f]{32}$' };

function schemaOf(properties: Input): ToolDefinition['schema'] {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

function pathOf(input: Input): string {
  return `/v1/requests/${encodeURIComponent(String(input['request_id']))}`;
}

/** The schema that the server holds drafts against, from its own description, without what no agent may say. */
function draftSchemaOf(openApi: Input): ToolDefinition['schema'] {
  const { paths } = openApi as unknown as {
    readonly paths: Readonly<
      Record<string, Readonly<Record<string, { readonly requestBody: { readonly content: Input } }>>>
    >;
  };
  const content = paths['/v1/drafts']?.['post']?.requestBody.content['application/json'];
  const { properties } = (content as { readonly schema: ToolDefinition['schema'] }).schema;
  // Whether there is an emergency is not for a program that may be talked into it.
  const said = Object.entries(properties as Input).filter(([name]) => name !== 'break_glass');
  // Which fields go together the server says by `oneOf`, which models' servers take nowhere at the top; who gets it wrong is told.
  return { ...schemaOf(Object.fromEntries(said)), required: ['reason'] };
}
