/**
 * `node bench/parse-rates.ts ENGINE FOLDER [EVERY] [OUTPUT]` runs the statements of the engine's own test suite on the engine, then
 * prints which of them each parser reads, and what ours called read-only although it changed something.
 * ENGINE is postgres, mariadb or sqlite; FOLDER holds its .sql or .test files; of EVERY files one is taken; OUTPUT gets all
 * trials as JSON lines. See docs/parsers.md.
 */
import { provideParser } from '@countersign/sql';
import { postgresParser } from '@countersign/program';
import { writeFileSync } from 'node:fs';
import { tryOnMariadb } from './parsers/on-mariadb.ts';
import { tryOnPostgres } from './parsers/on-postgres.ts';
import { tryOnSqlite } from './parsers/on-sqlite.ts';
import { formatClaims, formatHoles, formatRates } from './parsers/rates.ts';
import { READER_COUNT } from './parsers/readers.ts';
import { readAll } from './parsers/reading.ts';
import type { Readings } from './parsers/reading.ts';
import { ENGINES, loadScripts } from './parsers/scripts.ts';
import type { EngineName, Script } from './parsers/scripts.ts';
import type { Trial } from './parsers/trial.ts';
import { formatMachine } from './report.ts';

async function main([name, folder, every = '1', output]: readonly string[]): Promise<number> {
  const engine = ENGINES.find((known) => known === name);
  if (engine === undefined || folder === undefined || !/^[1-9]\d*$/.test(every)) {
    process.stderr.write(`usage: node bench/parse-rates.ts ${ENGINES.join('|')} FOLDER [EVERY] [OUTPUT]\n`);
    return 2;
  }
  const scripts = loadScripts(engine, folder, Number(every));
  const trials = await tryAll(engine, scripts);
  if (output !== undefined)
    writeFileSync(output, trials.map((trial) => `${JSON.stringify(trial)}\n`).join(''));
  const texts = distinct(trials);
  process.stdout.write(
    `## ${engine}: ${scripts.length} files, ${trials.length} statements, ${texts.length} different ones in the usual mode\n\n`,
  );
  const readings: Readings[] = [];
  for (let reader = 0; reader < READER_COUNT; reader += 1)
    readings.push(
      await readAll(
        reader,
        engine,
        texts.map(({ sql }) => sql),
      ),
    );
  process.stdout.write(`${formatMachine()}\n\n${formatRates(texts, readings)}\n\n${formatClaims(texts)}\n\n`);
  process.stdout.write(`${formatHoles(trials)}\n`);
  return 0;
}

async function tryAll(engine: EngineName, scripts: readonly Script[]): Promise<readonly Trial[]> {
  const each = (script: string): void => {
    process.stderr.write(`${script}\n`);
  };
  if (engine === 'sqlite') return tryOnSqlite(scripts, each);
  if (engine === 'mariadb') return tryOnMariadb(scripts, each);
  provideParser(postgresParser);
  return tryOnPostgres(scripts, each);
}

/** Each text once; it counts as taken when the engine took it at any place. */
function distinct(trials: readonly Trial[]): Trial[] {
  const texts = new Map<string, Trial>();
  for (const trial of trials) {
    if (!trial.usualMode || texts.get(trial.sql)?.accepted === true) continue;
    texts.set(trial.sql, trial);
  }
  return [...texts.values()];
}

process.exitCode = await main(process.argv.slice(2));
