import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Lab, pendingId, removeLabs } from '../faults/lab.ts';

const repository = join(import.meta.dirname, '..', '..');
const examples = join(repository, 'examples', 'ci');

/** One job of an example: its variables, and what its shell runs. */
interface Job {
  readonly variables: Readonly<Record<string, string>>;
  readonly script: readonly string[];
}

afterAll(removeLabs);

let lab: Lab;

/** The program, where its one file of a release would stand, beside its SHA-256. */
function keepProgram(): void {
  const source = pathToFileURL(join(repository, 'apps', 'executor', 'src', 'main.ts')).href;
  const text = `import ${JSON.stringify(source)};\n`;
  writeFileSync(lab.path('countersign.mjs'), text);
  const digest = createHash('sha256').update(text).digest('hex');
  writeFileSync(lab.path('countersign.mjs.sha256'), `${digest}  countersign.mjs\n`);
}

beforeAll(async () => {
  lab = await Lab.make();
  cpSync(join(lab.home, 'policy'), lab.path('policy'), { recursive: true });
  cpSync(join(examples, 'migrations'), lab.path('migrations'), { recursive: true });
  keepProgram();
}, 120_000);

function read(name: string): Record<string, unknown> {
  return parse(readFileSync(join(examples, name), 'utf8'), { uniqueKeys: true }) as Record<string, unknown>;
}

function githubJob(name: string): Job {
  const jobs = read('github-actions.yml')['jobs'] as Record<
    string,
    { env?: Record<string, string>; steps: { run?: string }[] }
  >;
  const { env = {}, steps = [] } = jobs[name] ?? {};
  return { variables: env, script: steps.flatMap(({ run }) => run ?? []) };
}

function gitlabJob(name: string): Job {
  const { variables = {}, script } = read('gitlab-ci.yml')[name] as {
    variables?: Record<string, string>;
    script: string[];
  };
  return { variables, script };
}

/** Runs a job as a runner does: one bash for all of it, that ends at the first failure; expressions become a fixed text. */
async function runJob({ variables, script }: Job, more: Readonly<Record<string, string>> = {}) {
  const filled = Object.entries(variables).map(([name, text]) => [
    name,
    name === 'COUNTERSIGN_HOME' ? lab.home : text.replaceAll(/\$\{\{[^}]*\}\}/g, 'expression'),
  ]);
  const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', script.join('\n')], {
    cwd: lab.root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...(Object.fromEntries(filled) as Record<string, string>),
      ...more,
      PATH: `${join(repository, 'node_modules', '.bin')}:/usr/bin:/bin`,
      HOME: lab.root,
      XDG_CACHE_HOME: join(repository, 'node_modules', '.cache'),
    },
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const exitCode = await new Promise((resolve) => child.on('close', resolve));
  return { exitCode, said };
}

function outcome(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(lab.path(name), 'utf8')) as Record<string, unknown>;
}

/** Returns the id of the request that waits, once there is one. */
async function waitingId(): Promise<string> {
  for (;;) {
    const { document } = await lab.ask('list', '--state', 'pending');
    const [one] = document['requests'] as { request_id: string }[];
    if (one !== undefined) return one.request_id;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const tiers = (): string => JSON.stringify(lab.rows('SELECT tier FROM customers ORDER BY id'));

describe('the example jobs', { timeout: 600_000 }, () => {
  test('test the rules of a pull request, and fail when a case does', async () => {
    for (const job of [githubJob('policy'), gitlabJob('policy')]) {
      expect(job.script.join('\n').match(/^node countersign\.mjs /gm)).toHaveLength(3);
      expect(await runJob(job)).toMatchObject({ exitCode: 0 });
    }
    const cases =
      'version: 1\ncases:\n  - name: no\n    given: { sql: SELECT 1 }\n    expect: { decision: deny }\n';
    writeFileSync(lab.path('policy', 'wrong.test.yaml'), cases);
    expect(await runJob(githubJob('policy'))).toMatchObject({ exitCode: 1 });
    writeFileSync(lab.path('countersign.mjs'), 'process.exit(0);\n');
    expect(await runJob(githubJob('policy'))).toMatchObject({ exitCode: 1 });
  });

  test('GitHub: submits a file of several statements as one request, waits, and runs it once', async () => {
    const before = tiers();
    const running = runJob(githubJob('migrate'));
    const id = await waitingId();
    const { document } = await lab.ask('show', id);
    expect(document).toMatchObject({ submitter: 'ci', statements: [{}, {}] });
    expect(tiers()).toBe(before);
    await lab.approve(id, 'ada', 'ben');
    const { exitCode, said } = await running;
    expect(said).toContain(`request ${id} waits for approvers, words ${String(document['words'])};`);
    expect(outcome('outcome.json')).toMatchObject({ exit_code: 0, code: 'request/executed', request_id: id });
    expect(exitCode).toBe(0);
    expect(tiers()).not.toBe(before);
  });

  test('GitLab: hands the bundle on as an artefact, and runs in another job', async () => {
    lab.write("UPDATE customers SET tier = 'basic'");
    const submitted = await runJob(gitlabJob('submit'), { CI_COMMIT_SHA: 'abc', CI_PIPELINE_ID: '7' });
    expect(submitted, submitted.said).toMatchObject({ exitCode: 0 });
    const id = pendingId({ ...(await lab.ask('show', await waitingId())), exitCode: 8 });
    expect(readFileSync(lab.path('request.env'), 'utf8')).toBe(`ID=${id}\n`);
    const bundle = new Uint8Array(readFileSync(lab.path('request.csreq')));
    await lab.import(lab.approver('ada').decide(bundle, { choice: 'approve' }));
    await lab.approve(id, 'ben');
    expect(await runJob(gitlabJob('run'), { ID: id })).toMatchObject({ exitCode: 0 });
    expect(outcome('outcome.json')).toMatchObject({ code: 'request/executed' });
  });
});

describe('the code that a job ends with', { timeout: 300_000 }, () => {
  const submit = (...more: readonly string[]) =>
    lab.ask('submit', ...more, '--as', 'ci', '--reason', 'a migration');
  const update = "UPDATE customers SET tier = 'bronze' WHERE id = 2";

  test('is 3 for what policy denies, 7 when the wait is over, 8 without a wait', async () => {
    expect(await submit('DELETE FROM orders', '--wait', '1s')).toMatchObject({ exitCode: 3 });
    expect(await submit(update, '--wait', '0s')).toMatchObject({ exitCode: 7, code: 'wait/timed-out' });
    expect(await submit(update)).toMatchObject({ exitCode: 8 });
  });

  test('is 5 with the note of an approver who says no, and 9 when the rows changed', async () => {
    const { id, ended } = await begun();
    const bundle = await lab.export(id);
    await lab.import(lab.approver('ada').decide(bundle, { choice: 'deny', note: 'not on a Friday' }));
    expect(await ended).toMatchObject({
      exitCode: 5,
      document: { code: 'request/rejected', decisions: [{ note: 'not on a Friday' }] },
    });
    const other = await begun();
    lab.write("UPDATE customers SET tier = 'bronze' WHERE id = 2");
    await lab.approve(other.id, 'ada', 'ben');
    expect(await other.ended).toMatchObject({ exitCode: 9, code: 'run/drifted' });
  });

  async function begun() {
    const before = new Set(await ids());
    const ended = submit(update, '--wait', '10m');
    for (;;) {
      const id = (await ids()).find((one) => !before.has(one));
      if (id !== undefined) return { id, ended };
    }
  }

  async function ids(): Promise<readonly string[]> {
    const { document } = await lab.ask('list', '--state', 'pending');
    return (document['requests'] as { request_id: string }[]).map(({ request_id: id }) => id);
  }
});
