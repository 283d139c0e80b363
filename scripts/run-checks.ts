import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countTests, type Count } from './run/count.ts';
import { slowestFiles } from './run/slowest.ts';
import { exists } from './tree.ts';

const ROOT = join(import.meta.dirname, '..');
const BIN = join(ROOT, 'node_modules/.bin');
const CHECK_TIMEOUT_MS = 10 * 60_000;
const TESTS_TIMEOUT_MS = 70 * 60_000;
/** Left out by --quick: they start whole programs, browsers, database servers and other languages, or take their time. */
const SLOW = [
  'test/{e2e,faults,golden,schemas,browser,interop}/**',
  'packages/targets/test/{postgres,mariadb}-*',
  'packages/targets/test/{attack,run,sqlite-diff,sqlite-faults}.test.ts',
  'packages/sql/test/mysql-{builtins,fuzz,server,truth}.test.ts',
  'packages/sql/test/postgres-{fuzz,ordinary,vectors}.test.ts',
  'packages/sql/test/limits.test.ts',
  'packages/program/test/{code-media,example-keys,key-store,process}.test.ts',
  'packages/merkle/test/tree.test.ts',
  'apps/approver/test/{decide,home,hostile,liar}.test.ts',
  'apps/auditor/test/{attack,audit}.test.ts',
  'apps/executor/test/{replay,rego-wasm}.test.ts',
  'scripts/build.test.ts',
];
/** Test files that are named with their time after a run, so that what makes it long is seen. */
const SLOWEST_SHOWN = 20;
/** Checks that run side by side. */
const AT_ONCE = 2;

interface Check {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

/** The checks, slowest first, so that two at a time end early. */
function checks(quick: boolean): Check[] {
  const script = (name: string): Check => ({ name, program: 'node', args: [`scripts/check-${name}.ts`] });
  const cache = ['--cache', '--cache-strategy', 'content', '--cache-location', 'node_modules/.cache/eslint/'];
  const typesOfPages = { name: 'types-page', program: join(BIN, 'tsc'), args: ['-p', 'apps/tsconfig.json'] };
  return [
    // The cache knows a file's text and not the types it uses: the full run does without.
    { name: 'lint', program: join(BIN, 'eslint'), args: ['.', ...(quick ? cache : [])] },
    { name: 'types', program: join(BIN, 'tsc'), args: ['-p', 'tsconfig.json'] },
    { name: 'types-neutral', program: join(BIN, 'tsc'), args: ['-p', 'packages/tsconfig.json'] },
    typesOfPages,
    { name: 'format', program: join(BIN, 'prettier'), args: ['--check', '--log-level', 'warn', '.'] },
    script('docs'),
    script('rooms'),
    script('tidy'),
  ];
}

interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
  readonly seconds: number;
}

/** Runs a program in the checkout; its output is shown as it comes, or kept. */
function run(program: string, args: readonly string[], timeoutMs: number, shown: boolean): Promise<Ended> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: ['ignore', shown ? 'inherit' : 'pipe', shown ? 'inherit' : 'pipe'],
      timeout: timeoutMs,
    });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const end = (exitCode: number | null): void => {
      resolve({ exitCode, output, seconds: (performance.now() - started) / 1000 });
    };
    child.on('error', (error) => {
      output += error.message;
      end(null);
    });
    child.on('close', end);
  });
}

async function runChecks(list: readonly Check[]): Promise<Count> {
  const waiting = [...list];
  const notes: string[] = [];
  const work = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const { exitCode, output, seconds } = await run(check.program, check.args, CHECK_TIMEOUT_MS, false);
      const good = exitCode === 0;
      say(`${good ? 'passed' : 'FAILED'}  ${check.name.padEnd(14)} ${seconds.toFixed(1)} s`);
      if (good) continue;
      say(output.trimEnd().replaceAll(/^/gmu, '    '));
      notes.push(`check failed: ${check.name}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { passed: list.length - notes.length, failed: notes.length, notes };
}

async function runTests(quick: boolean, filters: readonly string[]): Promise<Count> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-tests-'));
  const report = join(folder, 'report.json');
  const args = [
    ...['run', ...filters, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ...(quick ? SLOW.map((pattern) => `--exclude=${pattern}`) : []),
  ];
  const { exitCode, seconds } = await run(join(BIN, 'vitest'), args, TESTS_TIMEOUT_MS, true);
  const reportText = exists(report) ? readFileSync(report, 'utf8') : undefined;
  rmSync(folder, { recursive: true });
  const count = countTests(reportText, exitCode);
  for (const line of slowestFiles(reportText, ROOT, SLOWEST_SHOWN)) say(`slowest ${line}`);
  say(`${count.failed === 0 ? 'passed' : 'FAILED'}  ${'tests'.padEnd(14)} ${seconds.toFixed(1)} s`);
  return count;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(words: readonly string[]): Promise<void> {
  const quick = words.includes('--quick');
  const filters = words.filter((word) => word !== '--quick');
  const all = checks(quick);
  const named = all.filter(({ name }) => filters.includes(name));
  const paths = filters.filter((word) => !all.some(({ name }) => name === word));
  const chosen = filters.length === 0 ? all : named;
  if (chosen.length > 0) say(`checks: ${chosen.map(({ name }) => name).join(', ')}`);
  const counts = [await runChecks(chosen)];
  if (filters.length === 0 || paths.length > 0) counts.push(await runTests(quick, paths));
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  for (const note of counts.flatMap(({ notes }) => notes)) say(note);
  say(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main(process.argv.slice(2));
