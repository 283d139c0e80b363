import type { Pair, Statement } from '@countersign/messages';
import {
  formatTime,
  parseTime,
  ProgramError,
  quote,
  readFileCarefully,
  readStandardInput,
  type ProgramRun,
  type Options,
} from '@countersign/program';
import { classify, type Dialect } from '@countersign/sql';
import { ExecutorError } from '../executor-error.ts';
import { listed } from '../listed.ts';
import { reservedOf, sortedPairs } from '../stages/context.ts';
import type { World } from '../world.ts';
import { parametersOf } from './parameters.ts';

const sqlBytesMax = 1_000_000;

/** Returns the SQL of a submission: the argument, `--file PATH`, or standard input for `-`. */
export async function readSql(
  run: ProgramRun,
  argument: string | undefined,
  options: Options,
): Promise<string> {
  const file = options.text('file');
  if (argument !== undefined && file !== undefined)
    throw new ProgramError('usage/arguments', 'SQL is given both as an argument and with --file');
  if (file !== undefined) return decodeSql(readFileCarefully(file, { bytesMax: sqlBytesMax }));
  if (argument === '-')
    return decodeSql(await readStandardInput(run.surroundings.stdin, { bytesMax: sqlBytesMax }));
  if (argument === undefined) {
    throw new ExecutorError('submission/empty', 'there is no statement to submit', {
      hint: 'give it as an argument, with --file PATH, or on standard input with -',
    });
  }
  return argument;
}

function decodeSql(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ExecutorError('submission/encoding', 'the SQL is not UTF-8 text', {
      cause,
      hint: 'save the file as UTF-8',
    });
  }
}

/**
 * Returns the statements of a text of the dialect, each an exact slice of it. A text that cannot be read stays whole: the policy then
 * sees that it is unknown.
 * @throws `submission/empty`, `submission/parameter…`
 */
export function statementsOf(
  sql: string,
  parameters: readonly string[],
  dialect: Dialect,
): readonly Statement[] {
  const facts = classify(sql, dialect);
  if (facts.hazards.some(({ code }) => code === 'empty-text')) {
    throw new ExecutorError('submission/empty', 'there is no statement in the text', {
      hint: 'give it as an argument, with --file PATH, or on standard input with -',
    });
  }
  if (!facts.parsed || facts.statements.length <= 1) {
    const whole = facts.parsed ? (facts.statements[0]?.sql ?? sql) : sql;
    return [{ sql: whole, params: parametersOf(whole, parameters, dialect) }];
  }
  if (parameters.length > 0) {
    throw new ExecutorError(
      'submission/parameters',
      `parameters for ${facts.statements.length} statements, expected a single one`,
      {
        hint: 'submit the statement with parameters by itself',
      },
    );
  }
  return facts.statements.map((statement) => ({ sql: statement.sql, params: [] }));
}

/** Returns ticket, correlation id, claims and further context as sorted pairs. */
export function contextOf(options: Options): readonly Pair[] {
  const pairs = new Map<string, string>();
  const put = (name: string, value: string | undefined): void => {
    if (value === undefined) return;
    if (pairs.has(name)) throw new ProgramError('usage/arguments', `context ${quote(name)} is given twice`);
    pairs.set(name, value);
  };
  put('ticket', options.text('ticket'));
  put('correlation_id', options.text('correlationId'));
  put('on_behalf_of', claim(options, 'onBehalfOf', '--on-behalf-of'));
  put('agent_model', claim(options, 'agentModel', '--agent-model'));
  put('intent', claim(options, 'intent', '--intent'));
  put('backup', claim(options, 'backup', '--backup'));
  const backupAt = options.text('backupAt');
  put('backup_at', backupAt === undefined ? undefined : formatTime(parseTime(backupAt)));
  for (const one of options.texts('context')) {
    const at = one.indexOf('=');
    if (at < 1) throw new ProgramError('usage/arguments', `${quote(one)} is no context, expected NAME=TEXT`);
    put(one.slice(0, at), one.slice(at + 1));
  }
  const reserved = reservedOf(pairs.keys());
  if (reserved !== undefined)
    throw new ProgramError('usage/arguments', `context ${quote(reserved)} is for the executor alone to say`);
  return sortedPairs(pairs);
}

/** An empty claim would read to a rule as none at all. */
function claim(options: Options, name: string, flag: string): string | undefined {
  const value = options.text(name);
  if (value?.trim() === '') throw new ProgramError('usage/arguments', `${flag} is empty, expected a text`);
  return value;
}

/** Returns the target that `-t` names, or the only one. */
export function targetOf(world: World, options: Options): string {
  const named = options.text('target');
  if (named !== undefined) return world.targetSetting(named).name;
  const names = [...world.configuration.targets.keys()];
  const [only, other] = names;
  if (only === undefined || other !== undefined) {
    throw new ExecutorError('target/unknown', `which target? there is ${listed(names)}`, {
      hint: 'name it with -t NAME',
    });
  }
  return only;
}
