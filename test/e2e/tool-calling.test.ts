import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Lab, removeLabs } from '../faults/lab.ts';
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

afterAll(removeLabs);

/** Runs an example as its user does, with a model that follows `script`, and returns what it prints. */
async function play(lab: Lab, example: Example, script: readonly Turn[]) {
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
          COUNTERSIGN_HOME: lab.home,
          COUNTERSIGN_IDENTITY: 'agent-7',
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
  test('adapts to a denial, asks, stops while people decide, and runs what they approved', async () => {
    const lab = await Lab.make();
    const first = await play(lab, example, [
      () => ({
        tool: 'submit_query',
        input: { sql: "UPDATE customers SET tier = 'gold'", reason: 'loyalty' },
      }),
      (answer) => {
        expect(answer).toContain('no approval lifts a denial');
        return { tool: 'submit_query', input: { sql: update, reason: 'loyalty', confirm: true } };
      },
      (answer) => {
        expect(answer).toContain('confirm');
        return { tool: 'submit_query', input: { sql: update, reason: 'loyalty' } };
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
    }

    await lab.approve(id, 'ada', 'ben', 'carol');
    const second = await play(lab, example, [
      () => ({ tool: 'wait_request', input: { request_id: id, timeout_seconds: 1 } }),
      (answer) => {
        expect(answer).toContain('Call run_approved');
        return { tool: 'run_approved', input: { request_id: id } };
      },
      (answer) => ({ say: answer.includes('request/executed') ? 'done' : answer }),
    ]);
    expect(second).toMatchObject({ exitCode: 0, said: 'done' });
    expect(lab.rows('SELECT tier FROM customers WHERE id = 1')).toEqual([['gold']]);
  });
});
