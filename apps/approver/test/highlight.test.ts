import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIALECTS, type Dialect } from '@countersign/sql';
import { highlight } from '../src/core/highlight.ts';
import { diffLines } from '../src/core/text-diff.ts';

/** The stretches of one kind. */
function of(kind: string, sql: string, dialect: Dialect): readonly string[] {
  return highlight(sql, dialect)
    .filter((token) => token.kind === kind)
    .map(({ start, end }) => sql.slice(start, end));
}

describe('the colours of a statement', () => {
  it('cover every character once, whatever the text', () => {
    const piece = fc.constantFrom(
      "'",
      '"',
      '`',
      '[',
      ']',
      '$',
      '$a$',
      '--',
      '/*',
      '*/',
      '\n',
      '\\',
      ';',
      ':',
      '?1',
      'É',
      '\u202e',
      '1.5e3',
      'select',
    );
    const text = fc.array(fc.oneof(piece, fc.string({ unit: 'grapheme' }))).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.constantFrom(...DIALECTS), (sql, dialect) => {
        let at = 0;
        for (const { start, end } of highlight(sql, dialect)) {
          expect(start).toBe(at);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(at).toBe(sql.length);
      }),
      { seed: 6, numRuns: 500 },
    );
  });

  it.each([
    ['sqlite', "select 'it''s', [a b], `c` -- d\n from t", ["'it''s'"], ['[a b]', '`c`'], ['-- d']],
    [
      'postgres',
      "SELECT $x$ -- no $x$, E'a\\'b', \"n\" /* a /* b */ c */",
      ['$x$ -- no $x$', "'a\\'b'"],
      ['"n"'],
      ['/* a /* b */ c */'],
    ],
    ['mysql', 'SELECT "a\\"b" # c\n, `d`', ['"a\\"b"'], ['`d`'], ['# c']],
    ['sqlite', "select 'open", ["'open"], [], []],
  ] as const)('are those of %s: %s', (dialect, sql, texts, names, comments) => {
    expect(of('text', sql, dialect)).toEqual(texts);
    expect(of('name', sql, dialect)).toEqual(names);
    expect(of('comment', sql, dialect)).toEqual(comments);
  });

  it('know keywords, numbers and parameters, and a cast from a parameter', () => {
    const sql = 'UPDATE t SET a = $1, b = :c, d = 1.5e-3 WHERE e::int = ?2';
    expect(of('keyword', sql, 'postgres')).toEqual(['UPDATE', 'SET', 'WHERE']);
    expect(of('number', sql, 'postgres')).toEqual(['1.5e-3']);
    expect(of('parameter', sql, 'postgres')).toEqual(['$1', ':c', '?2']);
  });

  it('take a time that grows with the length alone', () => {
    const started = performance.now();
    for (const unit of ["'", '/*', '$a$', '[', '\\', 'a ']) highlight(unit.repeat(200_000), 'postgres');
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('the difference of two texts', () => {
  it('holds both of them, in order', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', '')).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after);
        const without = (kind: string): string =>
          lines
            .filter((line) => line.kind !== kind)
            .map((line) => line.text)
            .join('\n');
        expect(without('added')).toBe(before);
        expect(without('removed')).toBe(after);
      }),
      { seed: 6 },
    );
  });

  it('is small where little changed, and still there for texts that are too long to compare', () => {
    expect(diffLines('a\nb\nc', 'a\nx\nc').map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'same a',
      'removed b',
      'added x',
      'same c',
    ]);
    const long = Array.from({ length: 3000 }, (_, index) => `line ${index}`).join('\n');
    expect(diffLines(long, long.replaceAll('line', 'row'))).toHaveLength(6000);
  });
});
