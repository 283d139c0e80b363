// An agent on OpenAI's Chat Completions API that works through Countersign. Usage:
//   OPENAI_API_KEY=… COUNTERSIGN_HOME=… COUNTERSIGN_IDENTITY=agent-7 node examples/tool-calling/openai.ts "what to do"
// or, over HTTP, COUNTERSIGN_URL=… COUNTERSIGN_KEY=agent.pem COUNTERSIGN_KEY_ID=… in place of the two of Countersign.
import { askModel, needed } from './model-request.ts';
import { openTools } from './open-tools.ts';
import { systemPrompt, type Tools } from './tools.ts';

interface ToolCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

interface Reply {
  readonly choices: readonly {
    readonly message: { readonly content: string | null; readonly tool_calls?: readonly ToolCall[] };
  }[];
}

const turnsMax = 20;
const base = process.env['OPENAI_BASE_URL'] ?? 'https://api.openai.com/v1';
const model = process.env['OPENAI_MODEL'] ?? 'gpt-5';

async function work(task: string, tools: Tools): Promise<string> {
  const headers = { authorization: `Bearer ${needed('OPENAI_API_KEY', process.env)}` };
  const offered = tools.definitions.map(({ name, description, schema }) => ({
    type: 'function',
    function: { name, description, parameters: schema },
  }));
  const messages: object[] = [
    { role: 'system', content: systemPrompt },
    { role: 'user', content: task },
  ];
  for (let turn = 0; turn < turnsMax; turn += 1) {
    const body = { model, tools: offered, messages };
    const { choices } = (await askModel(`${base}/chat/completions`, headers, body)) as Reply;
    const [choice] = choices;
    if (choice === undefined) throw new Error('the model answered nothing');
    messages.push({ role: 'assistant', ...choice.message });
    const calls = choice.message.tool_calls ?? [];
    if (calls.length === 0) return choice.message.content ?? '';
    for (const call of calls) messages.push(await answerTo(call, tools));
  }
  throw new Error(`the model did not come to an end in ${turnsMax} turns`);
}

/** Models write arguments as text, and now and then it is no JSON: they are told so and try again. */
async function answerTo({ id, function: called }: ToolCall, tools: Tools): Promise<object> {
  const input = parsed(called.arguments);
  const content =
    input === undefined ? 'the arguments are no JSON object' : (await tools.call(called.name, input)).text;
  return { role: 'tool', tool_call_id: id, content };
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

const tools = await openTools(process.env);
try {
  process.stdout.write(`${await work(process.argv[2] ?? '', tools)}\n`);
} finally {
  await tools.stop();
}
