// An agent on Anthropic's Messages API that works through Countersign. Usage:
//   ANTHROPIC_API_KEY=… COUNTERSIGN_HOME=… COUNTERSIGN_IDENTITY=agent-7 node examples/tool-calling/anthropic.ts "what to do"
// or, over HTTP, COUNTERSIGN_URL=… COUNTERSIGN_KEY=agent.pem COUNTERSIGN_KEY_ID=… in place of the two of Countersign.
import { askModel, needed } from './model-request.ts';
import { openTools } from './open-tools.ts';
import { systemPrompt, type Tools } from './tools.ts';

type Block =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'tool_use';
      readonly id: string;
      readonly name: string;
      readonly input: Record<string, unknown>;
    };

interface Reply {
  readonly content: readonly Block[];
}

const turnsMax = 20;
const base = process.env['ANTHROPIC_BASE_URL'] ?? 'https://api.anthropic.com';
const model = process.env['ANTHROPIC_MODEL'] ?? 'claude-sonnet-4-5';

async function work(task: string, tools: Tools): Promise<string> {
  const headers = {
    'x-api-key': needed('ANTHROPIC_API_KEY', process.env),
    'anthropic-version': '2023-06-01',
  };
  const offered = tools.definitions.map(({ name, description, schema }) => ({
    name,
    description,
    input_schema: schema,
  }));
  const messages: object[] = [{ role: 'user', content: task }];
  for (let turn = 0; turn < turnsMax; turn += 1) {
    const body = { model, max_tokens: 4096, system: systemPrompt, tools: offered, messages };
    const { content } = (await askModel(`${base}/v1/messages`, headers, body)) as Reply;
    messages.push({ role: 'assistant', content });
    const results: object[] = [];
    for (const block of content) {
      if (block.type !== 'tool_use') continue;
      const { text, isError } = await tools.call(block.name, block.input);
      results.push({ type: 'tool_result', tool_use_id: block.id, content: text, is_error: isError });
    }
    if (results.length === 0)
      return content.map((block) => (block.type === 'text' ? block.text : '')).join('\n');
    messages.push({ role: 'user', content: results });
  }
  throw new Error(`the model did not come to an end in ${turnsMax} turns`);
}

const tools = await openTools(process.env);
try {
  process.stdout.write(`${await work(process.argv[2] ?? '', tools)}\n`);
} finally {
  await tools.stop();
}
