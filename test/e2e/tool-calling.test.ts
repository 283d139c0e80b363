import { spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { demoSeed } from '../../apps/executor/src/setup/demo-people.ts';
import { Lab, removeLabs } from '../faults/lab.ts';
import { serveLab, type Serving } from '../faults/serving.ts';
import { anthropic, openai, ScriptedModel, type Maker, type Turn } from './scripted-model.ts';

const repository = join(import.meta.dirname, '..', '..');
const update = "UPDATE customers SET tier = 'gold' WHERE id = 1";

interface Example {
  readonly name: 'anthropic' | 'openai';
  readonly maker: Maker;
  readonly path: string;
  readonly environment: (url: string) => Readonly<Record<string, string>>;
}

const examples: readonly Example[] = [
  {
    name: 'anthropic',
    maker: anthropic,
    path: '/v1/messages',
    environment: (url) => ({ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'secret-of-a-test' }),
  },
  {
    name: 'openai',
    maker: openai,
    path: '/chat/completions',
    environment: (url) => ({ OPENAI_BASE_URL: url, OPENAI_API_KEY: 'secret-of-a-test' }),
  },
];

/** How an example reaches Countersign, and what the words are that its model goes by. */
interface Way {
  readonly way: 'MCP' | 'HTTP';
  readonly denied: string;
  readonly approved: string;
  readonly wait: object;
  /** Makes what the way needs, and returns the variables that name it. */
  readonly open: (lab: Lab) => Promise<Readonly<Record<string, string>>>;
}

const serving: Serving[] = [];

const ways: readonly Way[] = [
  {
    way: 'MCP',
    denied: 'no approval lifts a denial',
    approved: 'Call run_approved',
    wait: { timeout_seconds: 1 },
    open: (lab) => Promise.resolve({ COUNTERSIGN_HOME: lab.home, COUNTERSIGN_IDENTITY: 'agent-7' }),
  },
  {
    way: 'HTTP',
    denied: 'change what the reason names, then submit again',
    approved: 'request/approved',
    wait: { seconds: 1 },
    open: async (lab) => {
      const server = await serveLab(lab);
      serving.push(server);
      writeFileSync(lab.path('agent.pem'), privatePem('agent-7'));
      return {
        COUNTERSIGN_URL: server.url,
        COUNTERSIGN_KEY: 'agent.pem',
        COUNTERSIGN_KEY_ID: lab.approver('agent-7').kidText,
      };
    },
  },
];

/** A published key as PEM. */
function privatePem(name: string): string {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), demoSeed(name)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return key.export({ format: 'pem', type: 'pkcs8' }) as string;
}

/** The schemas of the tools that a model was offered, by either maker. */
function schemasOf(tools: unknown): readonly unknown[] {
  const all = tools as readonly { input_schema?: object; function?: { parameters: object } }[];
  return all.map((tool) => tool.input_schema ?? tool.function?.parameters);
}

afterAll(async () => {
  for (const server of serving) await server.stop();
  removeLabs();
});

/** Runs an example as its user does, with a model that follows `script`, and returns what it prints. */
async function play(
  lab: Lab,
  example: Example,
  reached: Readonly<Record<string, string>>,
  script: readonly Turn[],
) {
  const model = await ScriptedModel.start(example.maker, script);
  try {
    const child = spawn(
      process.execPath,
      [join(repository, 'examples', 'tool-calling', `${example.name}.ts`), 'make customer 1 gold'],
      {
        cwd: lab.root,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          ...example.environment(model.url),
          PATH: `${join(repository, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`,
          HOME: lab.root,
          ...reached,
        },
      },
    );
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    const exitCode = await new Promise((resolve) => child.on('close', resolve));
    return { exitCode, said: said.trim(), asked: model.asked };
  } finally {
    await model.stop();
  }
}

const idIn = (answer: string): string => /"request_id":"([0-9a-f]{32})"/.exec(answer)?.[1] ?? '';

describe.each(examples)('the example for $name', { timeout: 600_000 }, (example) => {
  test.each(ways)(
    'over $way adapts to a denial, asks, stops while people decide, and runs what they approved',
    async (way) => {
      const lab = await Lab.make();
      const reached = await way.open(lab);
      const common = { target: 'demo', reason: 'loyalty' };
      const first = await play(lab, example, reached, [
        () => ({
          tool: 'submit_query',
          input: { ...common, sql: "UPDATE customers SET tier = 'gold'" },
        }),
        (answer) => {
          expect(answer).toContain(way.denied);
          return { tool: 'submit_query', input: { ...common, sql: update, confirm: true } };
        },
        (answer) => {
          expect(answer).toContain('confirm');
          return { tool: 'submit_query', input: { ...common, sql: update } };
        },
        (answer) => ({ say: `waiting for approval of ${idIn(answer)}` }),
      ]);
      expect(first.exitCode).toBe(0);
      const id = /[0-9a-f]{32}$/.exec(first.said)?.[0] ?? '';
      expect(await lab.state(id)).toBe('pending');
      for (const { path, headers, body } of first.asked) {
        expect(path).toBe(example.path);
        expect(JSON.stringify(headers)).toContain('secret-of-a-test');
        expect(JSON.stringify(body)).not.toContain('secret-of-a-test');
        expect(body['tools']).toHaveLength(6);
        // No tool declares an emergency, nor has a place to say so.
        expect(JSON.stringify(body['tools'])).not.toMatch(/break.?glass/i);
        // Models' servers take no such keyword at the top of a tool's schema.
        for (const schema of schemasOf(body['tools']))
          for (const keyword of ['oneOf', 'anyOf', 'allOf', 'not'])
            expect(schema).not.toHaveProperty(keyword);
      }

      await lab.approve(id, 'ada', 'ben', 'carol');
      const second = await play(lab, example, reached, [
        () => ({ tool: 'wait_request', input: { request_id: id, ...way.wait } }),
        (answer) => {
          expect(answer).toContain(way.approved);
          return { tool: 'run_approved', input: { request_id: id } };
        },
        (answer) => ({ say: answer.includes('request/executed') ? 'done' : answer }),
      ]);
      expect(second).toMatchObject({ exitCode: 0, said: 'done' });
      expect(lab.rows('SELECT tier FROM customers WHERE id = 1')).toEqual([['gold']]);
    },
  );
});
