import { formatMicros } from '../report.ts';
import type { Readings } from './reading.ts';
import type { Trial } from './trial.ts';

/** The table of the parsers: share of what the engine takes, share of what it refuses, median time. */
export function formatRates(trials: readonly Trial[], all: readonly Readings[]): string {
  const count = (accepted: boolean): number => trials.filter((trial) => trial.accepted === accepted).length;
  const head = `| parser | of ${count(true)} accepted | of ${count(false)} refused | median | breakdowns |\n|---|--:|--:|--:|--:|`;
  const lines = all.map(({ name, readings, breakdowns }) => {
    const read = readings.filter(({ reads }) => reads);
    const share = (accepted: boolean): string =>
      percent(read.filter(({ index }) => trials[index]?.accepted === accepted).length, count(accepted));
    const times = read.filter(({ index }) => trials[index]?.accepted === true).map(({ micros }) => micros);
    return `| ${name} | ${share(true)} | ${share(false)} | ${formatMicros(median(times))} | ${breakdowns} |`;
  });
  return [head, ...lines].join('\n');
}

/** What ours says of what the engine takes. */
export function formatClaims(trials: readonly Trial[]): string {
  const accepted = trials.filter((trial) => trial.accepted);
  const share = (name: string, matches: (trial: Trial) => boolean): string => {
    const found = accepted.filter(matches).length;
    return `- ${name}: ${found} of ${accepted.length} (${percent(found, accepted.length)})`;
  };
  return [
    share('read-only', ({ claim }) => claim.readOnly),
    share('changes something', ({ claim }) => !claim.readOnly && claim.effect !== 'unknown'),
    share('unknown', ({ claim }) => claim.effect === 'unknown'),
    share('of these not read at all', ({ claim }) => !claim.parsed),
  ].join('\n');
}

/** Statements called read-only after which something differed: each is a hole, or rests on an assumption that was wrong. */
export function formatHoles(trials: readonly Trial[]): string {
  const watched = trials.filter((trial) => trial.watched);
  const holes = watched.filter(({ changed }) => changed.length > 0);
  const lines = holes.map(({ script, sql, changed, claim }) =>
    JSON.stringify({ script, changed, sql, assumes: claim.assumes }),
  );
  return [
    `${watched.length} runs of statements called read-only were watched, ${holes.length} changed something`,
    ...lines,
  ].join('\n');
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}
