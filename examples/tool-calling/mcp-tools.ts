import { Client } from '@modelcontextprotocol/client';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { Environment, ToolDefinition, ToolResult, Tools } from './tools.ts';

/** Longer than `wait_request` ever waits. */
const callTimeoutMs = 110_000;

/** The tools of `countersign mcp`, started for the identity and the home that the environment names. */
export class McpTools implements Tools {
  readonly #client: Client;
  readonly definitions: readonly ToolDefinition[];

  private constructor(client: Client, definitions: readonly ToolDefinition[]) {
    this.#client = client;
    this.definitions = definitions;
  }

  static async start(environment: Environment): Promise<McpTools> {
    const home = environment['COUNTERSIGN_HOME'];
    const identity = environment['COUNTERSIGN_IDENTITY'];
    const transport = new StdioClientTransport({
      command: environment['COUNTERSIGN_PROGRAM'] ?? 'countersign',
      args: ['mcp', ...(identity === undefined ? [] : ['--as', identity])],
      env: { ...getDefaultEnvironment(), ...(home === undefined ? {} : { COUNTERSIGN_HOME: home }) },
    });
    const client = new Client({ name: 'countersign-example', version: '1.0.0' });
    await client.connect(transport);
    const { tools } = await client.listTools();
    const definitions = tools.map(({ name, description = '', inputSchema }) => ({
      name,
      description,
      schema: inputSchema,
    }));
    return new McpTools(client, definitions);
  }

  async call(name: string, input: Readonly<Record<string, unknown>>): Promise<ToolResult> {
    const result = await this.#client.callTool({ name, arguments: input }, { timeout: callTimeoutMs });
    const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
    return { text, isError: result.isError === true };
  }

  async stop(): Promise<void> {
    await this.#client.close();
  }
}
