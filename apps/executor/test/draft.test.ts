import { describe, expect, test } from 'vitest';
import { claimNames } from '@countersign/messages';
import { decide, loadPolicy } from '@countersign/policy';
import { Options, postgresParser } from '@countersign/program';
import { classify, provideParser, type Dialect } from '@countersign/sql';
import { contextOf, statementsOf } from '../src/commands/draft.ts';
import { parametersOf } from '../src/commands/parameters.ts';
import { ExecutorError } from '../src/executor-error.ts';

describe('parameters', () => {
  const values: readonly (readonly [json: string, param: unknown])[] = [
    ['null', { type: 'null' }],
    ['true', { type: 'boolean', value: true }],
    ['"gold"', { type: 'text', value: 'gold' }],
    ['""', { type: 'text', value: '' }],
    ['"a=b"', { type: 'text', value: 'a=b' }],
    ['0', { type: 'integer', value: 0 }],
    ['-9007199254740991', { type: 'integer', value: -9007199254740991 }],
    ['9007199254740993', { type: 'number', value: '9007199254740993' }],
    ['1.50', { type: 'number', value: '1.50' }],
    ['1e3', { type: 'number', value: '1e3' }],
    ['{"number":"0.10"}', { type: 'number', value: '0.10' }],
    ['{"hex":"00fF"}', { type: 'bytes', value: Uint8Array.of(0, 255) }],
    ['{"hex":""}', { type: 'bytes', value: new Uint8Array() }],
  ];
  test.each(values)('%s', (json, param) => {
    expect(parametersOf('SELECT ?', [`1=${json}`], 'sqlite')).toEqual([param]);
  });

  test('stand in the order of their positions', () => {
    expect(parametersOf('SELECT ?, ?', ['2=2', '1=1'], 'sqlite')).toEqual([
      { type: 'integer', value: 1 },
      { type: 'integer', value: 2 },
    ]);
    expect(parametersOf('SELECT ?', [], 'sqlite')).toEqual([]);
  });

  const refused = [
    '1',
    '0=1',
    ':=1',
    '1x=1',
    'a-b=1',
    'x',
    '=1',
    '1=gold',
    '1=[1]',
    '1={}',
    '1={"hex":"0"}',
    '1={"number":"one"}',
    '1={"hex":"00","number":"1"}',
    '1=undefined',
    '2=1',
    '100000=1',
  ];
  test.each(refused)('refuses %s', (given) => {
    expect(() => parametersOf('SELECT ?', [given], 'sqlite')).toThrow(
      expect.objectContaining({ code: 'submission/parameters', exitCode: 2 }) as ExecutorError,
    );
  });

  test('refuses one position twice', () => {
    expect(() => parametersOf('SELECT ?', ['1=1', '1=2'], 'sqlite')).toThrow(ExecutorError);
  });
});

describe('named parameters', () => {
  const text = "UPDATE t SET b = :tier, c = '@x' WHERE a = $id OR a = :tier OR b = @id";
  const integer = (value: number): object => ({ type: 'integer', value });

  test('stand where SQLite numbers them: by their first appearance', () => {
    const given = ['@id=3', '$id=2', 'tier=1'];
    expect(parametersOf(text, given, 'sqlite')).toEqual([1, 2, 3].map(integer));
    expect(statementsOf(`${text};`, given, 'sqlite')).toEqual([
      { sql: text, params: [1, 2, 3].map(integer) },
    ]);
    expect(parametersOf('SELECT :1', [':1=7'], 'sqlite')).toEqual([integer(7)]);
  });

  const refused: readonly (readonly [
    code: string,
    sql: string,
    given: readonly string[],
    dialect: Dialect,
  ])[] = [
    ['unknown', text, ['tier=1', '$id=2', '@id=3', 'name=4'], 'sqlite'],
    ['unknown', text, ['tier=1', '$id=2', '@id=3', '@tier=4'], 'sqlite'],
    ['unknown', 'SELECT 1', ['a=1'], 'sqlite'],
    ['unknown', "SELECT ':a'", ['a=1'], 'sqlite'],
    ['missing', text, ['tier=1', '$id=2'], 'sqlite'],
    ['ambiguous', text, ['tier=1', 'id=2'], 'sqlite'],
    ['repeated', text, ['tier=1', 'tier=1'], 'sqlite'],
    ['repeated', text, ['tier=1', ':tier=1'], 'sqlite'],
    ['mixed', text, ['tier=1', '2=2', '3=3'], 'sqlite'],
    ['mixed', text, ['1=1', '2=2', '3=3'], 'sqlite'],
    ['mixed', 'SELECT :a, ?', ['a=1'], 'sqlite'],
    ['mixed', 'SELECT :a, ?2', ['a=1'], 'sqlite'],
    ['mixed', 'SELECT ?', ['a=1'], 'sqlite'],
    ['names', 'SELECT $a(b)', ['a=1'], 'sqlite'],
    ['names', 'SELECT $1', ['a=1'], 'postgres'],
    ['names', 'SELECT :a', ['a=1'], 'postgres'],
    ['names', 'SELECT ?', ['a=1'], 'mariadb'],
    ['names', 'SELECT @a', ['@a=1'], 'mysql'],
  ];
  test.each(refused)('%s: %s %j', (code, sql, given, dialect) => {
    expect(() => parametersOf(sql, given, dialect)).toThrow(
      expect.objectContaining({ code: `submission/parameter-${code}`, exitCode: 2 }) as ExecutorError,
    );
  });

  test('the error of another dialect says what to write', () => {
    expect(() => parametersOf('SELECT $1', ['a=1'], 'postgres')).toThrow(
      expect.objectContaining({
        code: 'submission/parameter-names',
        message: 'PostgreSQL has no named parameters',
        hint: 'write $1, $2, … in the statement and give the values by position: --param 1=JSON',
      }) as ExecutorError,
    );
  });
});

describe('the statements of a text', () => {
  const texts: readonly (readonly [text: string, statements: readonly string[]])[] = [
    ['SELECT 1', ['SELECT 1']],
    ['SELECT 1;', ['SELECT 1']],
    [
      "SELECT ';' ; UPDATE a SET b = 'x;y' WHERE c = 1;",
      ["SELECT ';'", "UPDATE a SET b = 'x;y' WHERE c = 1"],
    ],
    ['SELECT 1; -- and; more\nSELECT 2', ['SELECT 1', 'SELECT 2']],
    ['SELECT "é;", 日 FROM t; SELECT 2', ['SELECT "é;", 日 FROM t', 'SELECT 2']],
  ];
  test.each(texts)('%s', (text, statements) => {
    const split = statementsOf(text, [], 'sqlite').map(({ sql }) => sql.replace(/^-- and; more\n/, ''));
    expect(split).toEqual(statements);
    for (const { sql } of statementsOf(text, [], 'sqlite')) expect(text).toContain(sql);
  });

  test('are split as the engine of the target would', () => {
    provideParser(postgresParser);
    const text = "SELECT $$a;b$$, E'\\';' ; /* /* ; */ ; */ SELECT 2";
    expect(statementsOf(text, [], 'postgres').map(({ sql }) => sql)).toEqual([
      "SELECT $$a;b$$, E'\\';'",
      'SELECT 2',
    ]);
    expect(statementsOf('BEGIN ATOMIC; x', [], 'postgres')).toEqual([{ sql: 'BEGIN ATOMIC; x', params: [] }]);
  });

  test('stay one when the text cannot be read', () => {
    expect(statementsOf('SELEC 1; DROP', [], 'sqlite')).toEqual([{ sql: 'SELEC 1; DROP', params: [] }]);
  });

  test.each(['', ' \n\t', '-- only a comment', '/* nothing */ ;'])('refuses %j, which holds none', (text) => {
    expect(() => statementsOf(text, [], 'sqlite')).toThrow(
      expect.objectContaining({ code: 'submission/empty' }) as ExecutorError,
    );
  });

  test('refuses parameters for several', () => {
    expect(() => statementsOf('SELECT ?; SELECT ?', ['1=1', '2=2'], 'sqlite')).toThrow(
      expect.objectContaining({ code: 'submission/parameters' }) as ExecutorError,
    );
  });
});

describe('context', () => {
  test('is sorted by name', () => {
    const options = new Options({ ticket: '4711', correlationId: 'c', context: ['b=2', 'a=1=1'] });
    expect(contextOf(options)).toEqual([
      ['a', '1=1'],
      ['b', '2'],
      ['correlation_id', 'c'],
      ['ticket', '4711'],
    ]);
  });

  test('claims stand under the names that policy reads', () => {
    const options = new Options({
      onBehalfOf: 'ada',
      agentModel: 'm-1',
      intent: 'close orders',
      backup: 'b',
      backupAt: '2026-01-31T10:00:00+01:00',
    });
    const context = contextOf(options);
    expect(context.map(([name]) => name)).toEqual([...claimNames]);
    expect(context[2]).toEqual(['backup_at', '2026-01-31T09:00:00Z']);
    const when =
      'claims.on_behalf_of == "ada" && claims.agent_model == "m-1" && claims.intent == "close orders" && claims.backup == "b"';
    const rule = `rules: [{ name: claimed, when: '${when}', deny: claimed }]`;
    const policy = loadPolicy([
      { path: 'a.yaml', text: `version: 1\ndefault: { require: { dba: 1 } }\n${rule}\n` },
    ]);
    const verdict = decide(policy, {
      facts: classify('SELECT 1', 'sqlite'),
      identity: { id: 'bot', kind: 'agent', roles: [] },
      target: { name: 'demo', engine: 'sqlite', tags: [] },
      time: { unix: 0, hour: 0, weekday: 4 },
      reason: '',
      context,
    });
    expect(verdict.rules).toEqual(['claimed']);
  });

  test('an empty claim is refused', () => {
    expect(() => contextOf(new Options({ intent: ' ' }))).toThrow(
      expect.objectContaining({ code: 'usage/arguments' }) as Error,
    );
  });

  test.each([['=1'], ['name'], ['ticket=2'], ['token_sha256=x'], ['undo_conflicts=none']])(
    'refuses %s',
    (one) => {
      expect(() => contextOf(new Options({ ticket: '1', context: [one] }))).toThrow(
        expect.objectContaining({ code: 'usage/arguments' }) as Error,
      );
    },
  );
});
