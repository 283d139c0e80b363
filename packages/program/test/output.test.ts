import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  coloursWanted,
  formatJson,
  jsonOf,
  Output,
  palette,
  quote,
  snakeCase,
  visibleText,
} from '../src/index.ts';
import { keptSurroundings } from './streams.ts';

test('lines are for people, documents for programs, notes for both', () => {
  const people = keptSurroundings();
  const output = new Output(people, false);
  output.line('a');
  output.line();
  output.note('n');
  output.raw(new TextEncoder().encode('csv\n'));
  output.document({ a: 1 });
  output.finish(0);
  expect([people.stdout.text, people.stderr.text]).toEqual(['a\n\ncsv\n', 'n\n']);

  const program = keptSurroundings();
  const json = new Output(program, true);
  json.line('a');
  json.raw(Uint8Array.of(1));
  json.drawing('x');
  json.note('n');
  json.document({ first: 1 });
  json.document({ exitCode: 99, madeAt: 'b' });
  json.finish(3);
  expect(JSON.parse(program.stdout.text)).toEqual({ schema_version: 1, exit_code: 3, made_at: 'b' });
  expect(program.stderr.text).toBe('n\n');
});

test('colours are there on a terminal, and not with NO_COLOR, TERM=dumb or in a pipe', () => {
  expect(coloursWanted({}, true)).toBe(true);
  expect(coloursWanted({ NO_COLOR: '' }, true)).toBe(true);
  expect(coloursWanted({ NO_COLOR: '1' }, true)).toBe(false);
  expect(coloursWanted({ TERM: 'dumb' }, true)).toBe(false);
  expect(coloursWanted({}, false)).toBe(false);
  expect(palette(true).red('x')).toBe('\u001b[31mx\u001b[39m');
  expect(palette(false).red('x')).toBe('x');
  expect(new Output(keptSurroundings([], {}, true), true).colours.red('x')).toBe('x');
});

test('a line lets the palette through and nothing else that moves or hides', () => {
  const surroundings = keptSurroundings([], {}, true);
  const output = new Output(surroundings, false);
  output.line(`${output.colours.green('ok')} \u001b[8mhidden\u001b[2J\r\u009b\u200b\ttab\nline`);
  expect(surroundings.stdout.text).toBe(
    '\u001b[32mok\u001b[39m \\u{1b}[8mhidden\\u{1b}[2J\\u{d}\\u{9b}\\u{200b}\ttab\nline\n',
  );
});

test('visibleText escapes what a person cannot see and quote cuts', () => {
  expect(visibleText('a\u0000\u007f\u0085\u061c\u2066\u2028\ufeff\ud800é漢')).toBe(
    'a\\u{0}\\u{7f}\\u{85}\\u{61c}\\u{2066}\\u{2028}\\u{feff}\\u{d800}é漢',
  );
  expect(visibleText('x\u{e0041}')).toBe('x\\u{e0041}');
  expect(quote('a"b')).toBe('"a"b"');
  expect(quote('x'.repeat(65))).toBe(`"${'x'.repeat(64)}…"`);
});

test('JSON documents have snake_case names, hex bytes and no absent fields', () => {
  expect(snakeCase('policyDigestSha')).toBe('policy_digest_sha');
  const value = { madeAt: [1n, null, false, { aB: Uint8Array.of(0, 255) }], gone: undefined };
  expect(jsonOf(value)).toEqual({ made_at: ['1', null, false, { a_b: '00ff' }] });
  const columns = new Map<string, unknown>([
    ['lastSeen', 1n],
    ['last_seen', null],
    ['__proto__', 'x'],
  ]);
  expect(formatJson({ row: jsonOf(columns) })).toBe(
    '{\n  "row": {\n    "lastSeen": "1",\n    "last_seen": null,\n    "__proto__": "x"\n  }\n}\n',
  );
  expect(formatJson({ a: 1 })).toBe('{\n  "a": 1\n}\n');
  for (const bad of [Number.NaN, undefined, Symbol('x'), () => 1])
    expect(() => jsonOf(bad)).toThrow(TypeError);
});

test('progress shows after a second on a terminal and is wiped at its end', async () => {
  const surroundings = keptSurroundings([], {}, true);
  const progress = new Output(surroundings, false).progress('verifying\u001b');
  progress.update(1, 4);
  await sleep(500);
  expect(surroundings.stderr.text).toBe('');
  await sleep(800);
  expect(surroundings.stderr.text).toContain('\r\u001b[Kverifying\\u{1b} 1/4 (25%)');
  progress.update(7);
  await sleep(250);
  progress.end();
  expect(surroundings.stderr.text.endsWith('\r\u001b[Kverifying\\u{1b} 7\r\u001b[K')).toBe(true);
});

test('work that leaves no time to anything else shows progress too', () => {
  const surroundings = keptSurroundings([], {}, true);
  const progress = new Output(surroundings, false).progress('verifying');
  const end = performance.now() + 1300;
  for (let done = 0; performance.now() < end; done += 1) progress.update(done);
  progress.end();
  expect(surroundings.stderr.text).toMatch(/^\r\u001b\[Kverifying \d+.*\r\u001b\[K$/s);
  expect(surroundings.stderr.text.split('\r').length).toBeLessThan(8);
});

test('work that cannot say how far it is shows for how long it goes on, and is wiped when it fails', async () => {
  const surroundings = keptSurroundings([], {}, true);
  const output = new Output(surroundings, false);
  const work = async (): Promise<never> => {
    await sleep(1300);
    throw new Error('no');
  };
  await expect(output.during('dry run', work)).rejects.toThrow('no');
  expect(surroundings.stderr.text).toMatch(/^\r\u001b\[Kdry run 1 s.*\r\u001b\[K$/s);
});

test('a failure names the request that was told of before', () => {
  const surroundings = keptSurroundings();
  const output = new Output(surroundings, true);
  output.document({ code: 'request/pending', requestId: 'ab' });
  output.failure({ code: 'program/interrupted' });
  output.finish(130);
  expect(JSON.parse(surroundings.stdout.text)).toMatchObject({
    code: 'program/interrupted',
    request_id: 'ab',
    exit_code: 130,
  });
});

test('quick work and pipes show no progress', async () => {
  const terminal = keptSurroundings([], {}, true);
  const quick = new Output(terminal, false).progress('x');
  quick.end();
  const pipe = keptSurroundings();
  const piped = new Output(pipe, false).progress('x');
  piped.update(1);
  await sleep(1200);
  piped.end();
  expect([terminal.stderr.text, pipe.stderr.text]).toEqual(['', '']);
});
