import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the script wants next: a tool called, or the end. */
export type Move = { readonly tool: string; readonly input: object } | { readonly say: string };

/** A turn of the script: given what the last tool answered, as text, it says what to do. */
export type Turn = (lastAnswer: string) => Move;

export interface Asked {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The shape in which a maker's API reads and writes messages. */
export interface Maker {
  readonly lastAnswer: (body: Asked['body']) => string;
  readonly reply: (move: Move, id: string) => object;
}

export const anthropic: Maker = {
  lastAnswer: ({ messages }) => {
    const last = (messages as { content: unknown }[]).at(-1)?.content;
    return Array.isArray(last)
      ? (last as { content: string }[]).map(({ content }) => content).join('\n')
      : '';
  },
  reply: (move, id) => ({
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    content:
      'say' in move
        ? [{ type: 'text', text: move.say }]
        : [{ type: 'tool_use', id: `toolu_${id}`, name: move.tool, input: move.input }],
    stop_reason: 'say' in move ? 'end_turn' : 'tool_use',
  }),
};

export const openai: Maker = {
  lastAnswer: ({ messages }) => {
    const last = (messages as { role: string; content: string }[]).at(-1);
    return last?.role === 'tool' ? last.content : '';
  },
  reply: (move, id) => ({
    id: `chatcmpl-${id}`,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        finish_reason: 'say' in move ? 'stop' : 'tool_calls',
        message:
          'say' in move
            ? { role: 'assistant', content: move.say }
            : {
                role: 'assistant',
                content: null,
                tool_calls: [
                  {
                    id: `call_${id}`,
                    type: 'function',
                    function: { name: move.tool, arguments: JSON.stringify(move.input) },
                  },
                ],
              },
      },
    ],
  }),
};

/** A model's HTTP API on a loopback port that follows a script, one turn a request. */
export class ScriptedModel {
  readonly asked: Asked[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(maker: Maker, script: readonly Turn[]): Promise<ScriptedModel> {
    const server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      request.on('end', () => {
        const body = JSON.parse(text) as Asked['body'];
        model.asked.push({ path: request.url ?? '', headers: request.headers, body });
        const turn = script[model.asked.length - 1];
        if (turn === undefined) response.writeHead(500).end('the script is over');
        else {
          const move = turn(maker.lastAnswer(body));
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(JSON.stringify(maker.reply(move, String(model.asked.length))));
        }
      });
    });
    const model = new ScriptedModel(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return model;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
