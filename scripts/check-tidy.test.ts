import { describe, expect, test } from 'vitest';
import { smallTree } from './small-tree.ts';
import { checkTidy } from './tidy/check.ts';

function findingsOf(files: Readonly<Record<string, string | Uint8Array>>): string[] {
  return checkTidy(smallTree(files)).map(({ file, line, text }) => `${file}:${line}: ${text}`);
}

/** The marks are put together here, or this file would be refused itself. */
const join = (...parts: readonly string[]): string => parts.join('');

describe('one file', () => {
  test.each([
    ['work left open', 'a.ts', `// ${join('TO', 'DO')}: later\n`, /unfinished/u],
    ['silenced lint', 'a.ts', `// ${join('eslint-', 'disable')}\n`, /lint/u],
    ['a silenced compiler', 'a.ts', `// ${join('@ts-', 'ignore')}\n`, /compiler/u],
    ['a silenced type', 'a.ts', `x ${join('as', ' any')};\n`, /type/u],
    ['a test that is left out', 'a.test.ts', `test${join('.sk', 'ip')}('a', f);\n`, /every test runs/u],
    ['a name without meaning', 'src/utils.ts', 'export {};\n', /name says nothing/u],
    ['a name in capitals', 'src/FileName.ts', 'export {};\n', /lower case/u],
    ['a space at the end', 'a.md', 'a \n', /a\.md:1: white space/u],
    ['a tab', 'a.json', '{\n\t}\n', /a\.json:2: a tab/u],
    ['CRLF', 'a.ts', 'a;\r\n', /LF alone/u],
    ['other bytes than UTF-8', 'a.ts', Uint8Array.of(0xff, 0x0a), /not UTF-8/u],
    ['a byte order mark', 'a.ts', '\u{feff}a;\n', /byte order mark/u],
    ['an unfinished last line', 'a.ts', 'a;', /last line/u],
    ['a long file', 'a.ts', 'a;\n'.repeat(401), /a\.ts:401: 401 lines/u],
    ['a long function', 'a.ts', `function f() {${'\n'.repeat(70)}}\n`, /a\.ts:1: a function of 71 lines/u],
    ['a page that is not there', 'a.ts', '// docs/spec/a.md\n', /a\.md does not exist/u],
  ])('refuses %s', (_, path, content, expected) => {
    const found = findingsOf({ [path]: content });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  test('lets through the longest file, the longest function, and a group of tests of any length', () => {
    const group = `describe('a', () => {${'\n'.repeat(200)}});\n`;
    expect(findingsOf({ 'a.ts': `${'a;\n'.repeat(330)}function f() {${'\n'.repeat(69)}}\n` })).toEqual([]);
    expect(findingsOf({ 'a.test.ts': group })).toEqual([]);
  });

  test('leaves vectors and transcripts as they are', () => {
    expect(findingsOf({ 'test/vectors/a.json': '\t', 'test/golden/a.txt': 'a \n' })).toEqual([]);
  });
});

test('follows links to headings', () => {
  const page = '# Top\n```\n# Not a heading\n```\n## The `first` step\n';
  const code = '// docs/a.md#the-first-step\n// docs/a.md#not-a-heading\n';
  expect(findingsOf({ 'docs/a.md': page, 'a.ts': code })).toEqual([
    'a.ts:2: docs/a.md has no heading #not-a-heading',
  ]);
});

describe('error codes', () => {
  const one = "export type AErrorCode =\n  | 'a/one'\n  | 'a/two';\n";

  test('refuses a code that two packages name', () => {
    const list = "const CODES = ['a/two'] as const;\nexport type BErrorCode = (typeof CODES)[number];\n";
    expect(findingsOf({ 'packages/a/src/a.ts': one, 'packages/b/src/b.ts': list })).toEqual([
      'packages/b/src/b.ts:1: the error code a/two stands also at packages/a/src/a.ts:3',
    ]);
  });

  test('reads the codes that are keys of an object', () => {
    const keys = "const EXIT = { 'a/one': 1 };\nexport type BErrorCode = keyof typeof EXIT;\n";
    expect(findingsOf({ 'packages/a/src/a.ts': one, 'packages/b/src/b.ts': keys })).toEqual([
      'packages/b/src/b.ts:1: the error code a/one stands also at packages/a/src/a.ts:2',
    ]);
  });

  test('refuses an error class whose package lists no codes', () => {
    expect(findingsOf({ 'packages/a/src/a.ts': 'export class AError extends Error {}\n' })).toEqual([
      'packages/a/src/a.ts:1: AError has no type named …ErrorCode that lists its codes',
    ]);
  });

  test('refuses a code of another form', () => {
    expect(findingsOf({ 'apps/a/src/a.ts': one.replace('a/two', 'A_TWO') })).toEqual([
      'apps/a/src/a.ts:3: the error code A_TWO is not of the form area/what-is-wrong',
    ]);
  });
});

describe('a text of the page outside its catalogue', () => {
  const page = 'apps/approver/src/page/a-view.ts';

  test.each([
    ['a child', "h('p', {}, 'Ready');\n"],
    ['a child behind others', "h('p', {}, null, 'Ready');\n"],
    ['one of two children', "h('p', {}, isReady ? 'Ready' : null);\n"],
    ['a piece of a child', 'h("p", {}, `${count} rows`);\n'],
    ['a child in a list', "h('p', {}, ['Ready']);\n"],
    ['what comes in the place of children', "fill(place, 'Ready');\n"],
    ['the label of a button', "button('Go', press);\n"],
    ['an attribute that is read aloud', "h('p', { 'aria-label': 'Ready' });\n"],
    ['a tooltip', "h('p', { title: 'Ready' });\n"],
    ['a placeholder', "h('input', { placeholder: 'Ready' });\n"],
    ['an attribute that is set later', "one.setAttribute('aria-label', 'Ready');\n"],
    ['a text that is set', "one.textContent = 'Ready';\n"],
    ['the title of the window', 'document.title = `Ready ${name}`;\n'],
    ['a sentence anywhere', "const hint = 'all is ready';\n"],
    ['a sentence in a list of classes', "const names = [{ className: 'all is ready' }];\n"],
  ])('is refused: %s', (_, code) => {
    const found = findingsOf({ [page]: code });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain('belongs into the catalogue of the page');
  });

  test('is let through in the catalogue, and so is what nobody reads', () => {
    const code = [
      "h('p', { class: 'notice danger', id: 'ready' }, '· ', texts.ready);",
      "one.className = 'notice danger';",
      "function lineClass(): string { return 'notice danger'; }",
      "new PageError('page/count', 'no whole number');",
      "h('p', {}, kind === 'ready' ? null : name.replace('a', 'b'));",
      "one.setAttribute('role', 'status');",
    ].join('\n');
    expect(findingsOf({ [page]: `${code}\n` })).toEqual([]);
    const sentence = "export const a = { title: 'All is ready' };\n";
    expect(
      findingsOf({ 'apps/approver/src/page/catalogue/a.ts': sentence, 'apps/a/src/a.ts': sentence }),
    ).toEqual([]);
  });
});
