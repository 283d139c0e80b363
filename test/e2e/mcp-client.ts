import { join } from 'node:path';
import { Client, type CallToolResult } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { Lab } from '../faults/lab.ts';

const repository = join(import.meta.dirname, '..', '..');
const program = join(repository, 'apps', 'executor', 'src', 'main.ts');

/** The two kinds of client that are about: with the handshake of 2025, and with that of 2026. */
export type Era = 'legacy' | 'modern';

/** The tools that there are. */
export const toolNames: readonly string[] = [
  'describe_target',
  'explain_policy',
  'get_request',
  'run_approved',
  'submit_query',
  'wait_request',
];

/** What a tool answered. */
export interface ToolAnswer {
  readonly isError: boolean;
  readonly text: string;
  readonly structured: Readonly<Record<string, unknown>>;
  /** `data` of the answer. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Returns what a tool answered, taken apart. */
export function toolAnswerOf(result: CallToolResult): ToolAnswer {
  const [first] = result.content;
  const text = first?.type === 'text' ? first.text : '';
  const structured = (result.structuredContent ?? {}) as Readonly<Record<string, unknown>>;
  const data = (structured['data'] ?? {}) as Readonly<Record<string, unknown>>;
  return { isError: result.isError === true, text, structured, data };
}

/** The official client, connected to `countersign mcp` in a process of its own. */
export class Agent {
  readonly client: Client;
  readonly #transport: StdioClientTransport;

  private constructor(client: Client, transport: StdioClientTransport) {
    this.client = client;
    this.#transport = transport;
  }

  static async connect(lab: Lab, era: Era, ...more: readonly string[]): Promise<Agent> {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [program, 'mcp', '--home', lab.home, ...more],
      cwd: lab.root,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: lab.root,
        XDG_CACHE_HOME: join(repository, 'node_modules', '.cache'),
        COUNTERSIGN_PASSPHRASE: 'countersign-demo',
      },
      stderr: 'ignore',
    });
    const mode = era === 'legacy' ? 'legacy' : { pin: '2026-07-28' };
    const client = new Client(
      { name: 'countersign-test', version: '1.0.0' },
      { versionNegotiation: { mode } },
    );
    await client.connect(transport, { timeout: 60_000 });
    return new Agent(client, transport);
  }

  async call(name: string, input: Readonly<Record<string, unknown>>): Promise<ToolAnswer> {
    const result = await this.client.callTool({ name, arguments: { ...input } }, { timeout: 120_000 });
    return toolAnswerOf(result);
  }

  /** Process id of the server. */
  get pid(): number {
    return this.#transport.pid ?? 0;
  }

  async end(): Promise<void> {
    await this.client.close();
  }
}
