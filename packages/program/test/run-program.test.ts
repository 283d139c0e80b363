import { CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { CodecError } from '@countersign/codec';
import { KeysError } from '@countersign/keys';
import {
  CodedError,
  ExitCode,
  exitCodeOfArea,
  failureOf,
  ProgramError,
  runToExitCode,
  wantsJson,
} from '../src/index.ts';
import { keptSurroundings } from './streams.ts';

class RequestError extends CodedError<'request/expired'> {}

describe('failureOf', () => {
  test('takes the exit code a program gives its own error', () => {
    const error = new RequestError('request/expired', ExitCode.expired, 'too late', {
      hint: 'submit it again',
    });
    expect(failureOf(error)).toEqual({
      exitCode: 6,
      code: 'request/expired',
      message: 'too late',
      hint: 'submit it again',
    });
    expect([error.name, error instanceof Error, error.cause]).toEqual(['RequestError', true, undefined]);
  });

  test.each([
    [new CodecError('signature/invalid', 'no'), 10],
    [new CodecError('key/small-order', 'no'), 4],
    [new CodecError('cbor/float', 'no'), 1],
    [new KeysError('passphrase/wrong', 'no'), 4],
    [new KeysError('keyfile/truncated', 'no'), 4],
    [Object.assign(new Error('no'), { code: 'config/unknown-key', hint: 'x' }), 2],
  ])('knows the errors of other rooms by their area: %s', (error, exitCode) => {
    expect(failureOf(error)).toMatchObject({ exitCode, code: error.code, message: 'no' });
  });

  test.each([
    new TypeError('x'),
    Object.assign(new Error('x'), { code: 'ENOENT' }),
    Object.assign(new Error('x'), { code: 7 }),
    'text',
    undefined,
  ])('knows nothing of anything else', (thrown) => {
    expect(failureOf(thrown)).toMatchObject({ exitCode: 1, code: 'internal/unexpected' });
  });

  test('calls a mistake on the command line usage', () => {
    const error = new CommanderError(
      1,
      'commander.unknownOption',
      "error: unknown option '--x'\n(Did you mean --y?)",
    );
    expect(failureOf(error)).toEqual({
      exitCode: 2,
      code: 'usage/arguments',
      message: "unknown option '--x' (Did you mean --y?)",
      hint: 'see --help',
    });
  });
});

test('the exit codes are those of the contract', () => {
  expect(Object.values(ExitCode)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 130]);
  expect(exitCodeOfArea('roster/threshold')).toBe(10);
  expect(exitCodeOfArea('toString/x')).toBe(1);
  expect(exitCodeOfArea('no-area')).toBe(1);
});

test('--json counts before -- only', () => {
  expect(wantsJson(['a', '--json'])).toBe(true);
  expect(wantsJson(['a', '--', '--json'])).toBe(false);
  expect(wantsJson(['--jsonx'])).toBe(false);
});

test('hostile text of an error is harmless on a terminal', async () => {
  const surroundings = keptSurroundings([], {}, true);
  const message = '"\u001b]0;pwned\u0007" and \u202edesrever';
  const exitCode = await runToExitCode(
    () => Promise.reject(new ProgramError('file/exists', message)),
    surroundings,
  );
  expect(exitCode).toBe(1);
  expect(surroundings.stderr.text).toBe(
    '\u001b[31merror\u001b[39m: "\\u{1b}]0;pwned\\u{7}" and \\u{202e}desrever \u001b[2m[file/exists]\u001b[22m\n',
  );
});

test('an interrupt is a document too', async () => {
  const controller = new AbortController();
  const surroundings = keptSurroundings(['--json']);
  const ended = runToExitCode(() => new Promise(() => undefined), surroundings, controller.signal);
  controller.abort();
  expect(await ended).toBe(130);
  expect(JSON.parse(surroundings.stdout.text)).toMatchObject({ exit_code: 130, code: 'program/interrupted' });
});

test('an error after a document takes its place', async () => {
  const surroundings = keptSurroundings(['--json']);
  const exitCode = await runToExitCode(({ output }) => {
    output.document({ code: 'request/done' });
    throw new ProgramError('file/exists', 'a', { hint: 'b' });
  }, surroundings);
  expect(exitCode).toBe(1);
  const document = { schema_version: 1, exit_code: 1, code: 'file/exists', message: 'a', hint: 'b' };
  expect(JSON.parse(surroundings.stdout.text)).toEqual(document);
});

test('a defect is a plain sentence, its stack only on demand', async () => {
  const main = (): Promise<never> => Promise.reject(new TypeError('secret: hunter2'));
  const [quiet, loud] = [keptSurroundings(), keptSurroundings([], { COUNTERSIGN_DEBUG: '1' })];
  expect([await runToExitCode(main, quiet), await runToExitCode(main, loud)]).toEqual([1, 1]);
  expect(quiet.stderr.text).toContain('[internal/unexpected]');
  expect(quiet.stderr.text).not.toContain('hunter2');
  expect(loud.stderr.text).toMatch(/TypeError: secret: hunter2\n +at /);
});
