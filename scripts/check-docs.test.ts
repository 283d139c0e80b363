import { describe, expect, test } from 'vitest';
import { checkDocs } from './docs/check.ts';
import { smallTree } from './small-tree.ts';

const BASE = {
  'package.json': '{"name":"countersign","version":"0.1.0",\n"devDependencies":{"left-pad":"1.2.3"}}',
  'docs/dependencies.md': '| `left-pad` | 1.2.3 | MIT | pads a text on its left side |\n',
  'node_modules/left-pad/package.json': '{"name":"left-pad","version":"1.2.3","license":"MIT"}',
};

function findingsOf(files: Readonly<Record<string, string>>): string[] {
  return checkDocs(smallTree({ ...BASE, ...files })).map(
    ({ file, line, text }) => `${file}:${line}: ${text}`,
  );
}

test('finds nothing in a sound tree', () => {
  expect(findingsOf({})).toEqual([]);
});

describe('links', () => {
  test('follows files, folders, headings, and leaves code and other hosts alone', () => {
    const page =
      '# One two\n[a](docs/dependencies.md) [b](docs) [c](#one-two) [d](https://example.org/x)\n`[e](none.md)`\n';
    expect(findingsOf({ 'README.md': page })).toEqual([]);
  });

  test.each([
    ['[a](none.md)', 'README.md:1: the link none.md leads nowhere'],
    ['[a](../../../etc/hosts)', 'README.md:1: the link ../../../etc/hosts leads nowhere'],
    ['[a](docs/dependencies.md#none)', 'README.md:1: docs/dependencies.md has no heading #none'],
    ['[a](#none)', 'README.md:1: README.md has no heading #none'],
  ])('refuses %s', (page, expected) => {
    expect(findingsOf({ 'README.md': page })).toEqual([expected]);
  });
});

describe('dependencies', () => {
  test.each([
    ['a missing row', '', 'package.json:2: left-pad is not listed in docs/dependencies.md'],
    [
      'another version',
      '| `left-pad` | 1.2.4 | MIT | pads a text on its left side |',
      'docs/dependencies.md:1: left-pad is 1.2.3, not 1.2.4',
    ],
    [
      'another licence',
      '| `left-pad` | 1.2.3 | BSD | pads a text on its left side |',
      'docs/dependencies.md:1: left-pad is under MIT, not BSD',
    ],
    ['no reason', '| `left-pad` | 1.2.3 | MIT | |', 'docs/dependencies.md:1: left-pad has no reason'],
  ])('refuses %s', (_, page, expected) => {
    expect(findingsOf({ 'docs/dependencies.md': page })).toEqual([expected]);
  });

  test('refuses a row for what nobody declares', () => {
    const page = `${BASE['docs/dependencies.md']}| \`right-pad\` | 1.0.0 | MIT | pads on the other side |\n`;
    expect(findingsOf({ 'docs/dependencies.md': page })).toEqual([
      'docs/dependencies.md:2: right-pad is declared nowhere',
    ]);
  });
});

describe('commands', () => {
  const page = (...lines: readonly string[]): string =>
    ['<!-- run -->', '```sh', ...lines, '```', ''].join('\n');

  test('runs them in order in one folder, and accepts the exit code that the page states', () => {
    const lines = ['$ echo one > file', 'some output', '$ grep \\', '  one file', '$ exit 8 # exit 8'];
    expect(findingsOf({ 'README.md': page(...lines) })).toEqual([]);
  });

  test('reports the first that ends otherwise', () => {
    expect(findingsOf({ 'README.md': page('$ echo why >&2; exit 3', '$ exit 4') })).toEqual([
      'README.md:3: ended with 3, not 0: echo why >&2; exit 3 (why)',
    ]);
  });

  test('does not run what is not marked', () => {
    expect(findingsOf({ 'README.md': '```sh\n$ exit 3\n```\n' })).toEqual([]);
  });
});
