import { sqliteParameters } from '@countersign/sql';
import { clientCommandHint } from '../client-command.ts';
import { requireStatementText } from '../statement-text.ts';
import type { Statement } from '../target.ts';
import { TargetError } from '../target-error.ts';
import type { TargetErrorCode } from '../target-error.ts';
import { isBlank, scanText, type TextScan } from './lexer.ts';

/** What the first words of a statement say: nothing is concluded from them but how to watch it. */
export type StatementClass = 'rows' | 'schema';

const verbs = new Map<string, StatementClass>([
  ['SELECT', 'rows'],
  ['WITH', 'rows'],
  ['VALUES', 'rows'],
  ['EXPLAIN', 'rows'],
  ['INSERT', 'rows'],
  ['REPLACE', 'rows'],
  ['UPDATE', 'rows'],
  ['DELETE', 'rows'],
  ['CREATE', 'schema'],
  ['DROP', 'schema'],
  ['ALTER', 'schema'],
  ['ANALYZE', 'schema'],
  ['REINDEX', 'schema'],
]);
const readVerbs = ['SELECT', 'WITH', 'VALUES', 'EXPLAIN'];
const refused = new Map<string, TargetErrorCode>([
  ['BEGIN', 'statement/transaction-control'],
  ['COMMIT', 'statement/transaction-control'],
  ['END', 'statement/transaction-control'],
  ['ROLLBACK', 'statement/transaction-control'],
  ['SAVEPOINT', 'statement/transaction-control'],
  ['RELEASE', 'statement/transaction-control'],
  ['ATTACH', 'statement/attach'],
  ['DETACH', 'statement/attach'],
  ['PRAGMA', 'statement/pragma'],
  ['VACUUM', 'statement/vacuum'],
]);

/**
 * Returns how to watch a statement, looking at its text alone: no connection has seen it yet.
 * @throws TargetError `statement/…`
 */
export function admitStatement(statement: Statement, index: number, reading: boolean): StatementClass {
  const { sql } = statement;
  const refuse = (code: TargetErrorCode, message: string): TargetError =>
    new TargetError(code, message, { statement: index });
  requireStatementText(sql, index);
  if (isBlank(sql)) throw refuse('statement/empty', 'text holds no statement, expected one');
  const scan = scanText(sql);
  const verb = scan.words.find((word) => !['EXPLAIN', 'QUERY', 'PLAN'].includes(word)) ?? '';
  const code = refused.get(scan.words[0] ?? '') ?? refused.get(verb);
  if (code !== undefined) throw refuse(code, `${verb} is not run here`);
  const watched = verbs.get(scan.words[0] ?? '');
  if (watched === undefined) {
    const hint = clientCommandHint(sql.trimStart());
    throw new TargetError('statement/unknown-verb', 'statement begins with no verb that is known', {
      statement: index,
      hint,
    });
  }
  if (reading && !readVerbs.includes(scan.words[0] ?? '')) {
    throw refuse('statement/not-a-read', `${scan.words[0] ?? ''} writes, expected a read`);
  }
  requireParameters(scan, statement, refuse);
  return watched;
}

/** Every place a plain `?`, or every one a name; as many values as there are `?`, or names. */
function requireParameters(
  { marks, named }: TextScan,
  { sql, params }: Statement,
  refuse: (code: TargetErrorCode, message: string) => TargetError,
): void {
  const places = named ? sqliteParameters(sql) : undefined;
  if (named && (places === undefined || places.numbered || places.names.length === 0 || marks > 0)) {
    throw refuse(
      'statement/named-parameter',
      'statement has a numbered parameter or mixes names with `?`, expected `?` alone or names such as `:name` alone',
    );
  }
  const count = places?.names.length ?? marks;
  if (count === params.length) return;
  const what = places === undefined ? `${count} places` : places.names.slice(0, 8).join(', ');
  throw refuse('statement/parameter-count', `${params.length} parameters for ${what}, expected one each`);
}

/**
 * Refuses a text of which the engine compiled only the beginning.
 * @throws TargetError `statement/several`
 */
export function requireWhole(sql: string, compiled: string, index: number): void {
  if (sql.startsWith(compiled) && isBlank(sql.slice(compiled.length))) return;
  throw new TargetError('statement/several', 'text holds more than one statement, expected one', {
    statement: index,
  });
}
