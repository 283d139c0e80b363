import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const program = join(import.meta.dirname, 'fixture-program.ts');

interface Ending {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(argv: readonly string[], environment: Record<string, string> = {}): Ending {
  const options = {
    encoding: 'utf8',
    input: '',
    env: { PATH: process.env['PATH'], ...environment },
  } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], options);
  return { status, stdout, stderr };
}

/** Returns what a stream said by its end. */
async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

function started(
  way: string,
): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
  return spawn(process.execPath, [program, way], { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('how a process ends', () => {
  test('with the code it returned and one document', () => {
    const { status, stdout, stderr } = run(['pending', '--json']);
    expect([status, stderr]).toEqual([8, '']);
    expect(JSON.parse(stdout)).toEqual({
      schema_version: 1,
      exit_code: 8,
      code: 'request/pending',
      request_id: '01ff',
    });
  });

  test('with a coded error on stderr', () => {
    expect(run(['coded'])).toEqual({
      status: 1,
      stdout: '',
      stderr: 'error: "a" exists already [file/exists]\nhint: choose another name\n',
    });
  });

  test('with 2 for a mistake on the command line', () => {
    const { status, stdout } = run(['pending', '--what', '--json']);
    expect([status, JSON.parse(stdout)]).toMatchObject([2, { exit_code: 2, code: 'usage/arguments' }]);
  });

  test('with 0 for help, which is on stdout', () => {
    const help = run(['pending', '--help']);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toContain('Usage: fixture pending');
  });

  test('with 2 and a hint when a passphrase is needed and nobody is there', () => {
    expect(run(['passphrase'])).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'error: no terminal to ask for the passphrase of "ada" [passphrase/no-terminal]\nhint: give --passphrase-file FILE or set COUNTERSIGN_PASSPHRASE\n',
    });
    expect(run(['passphrase'], { COUNTERSIGN_PASSPHRASE: 'täst' }).stdout).toBe(
      'a passphrase of 4 characters\n',
    );
  });
});

describe('signals and readers that go', () => {
  test('an interrupt ends with 130', async () => {
    const child = started('sleep');
    const ended = once(child, 'exit');
    child.stderr.once('data', () => child.kill('SIGINT'));
    expect(await textOf(child.stderr)).toBe('sleeping\nerror: interrupted [program/interrupted]\n');
    expect((await ended)[0]).toBe(130);
  });

  test('work that holds the interrupt ends by itself', async () => {
    const child = started('careful');
    const ended = once(child, 'exit');
    child.stderr.once('data', () => child.kill('SIGTERM'));
    expect((await ended)[0]).toBe(11);
  });

  test('a reader that has gone stops nothing and shows nothing', async () => {
    const child = started('much');
    const ended = once(child, 'exit');
    child.stdout.once('data', () => (child.stdout as unknown as { destroy(): void }).destroy());
    expect(await textOf(child.stderr)).toBe('came to its end\n');
    expect((await ended)[0]).toBe(9);
  });
});

test('an answer that could not be written is an error', () => {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [program, 'pending', '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  expect([status, stderr]).toEqual([
    1,
    'error: the answer could not be written to standard output [output/failed]\n',
  ]);
});

test('a passphrase typed at a real terminal is not shown', async () => {
  const command = `'${process.execPath}' '${program}' passphrase`;
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let shown = '';
  for await (const chunk of child.stdout) {
    shown += String(chunk);
    if (shown.endsWith('"ada": ') || shown.endsWith('again: ')) child.stdin.write('Geheimnis\r');
    if (shown.includes('characters')) child.stdin.end();
  }
  expect(shown).toBe('new passphrase for "ada": \r\nthe same again: \r\na passphrase of 9 characters\r\n');
  expect((await ended)[0]).toBe(0);
});
