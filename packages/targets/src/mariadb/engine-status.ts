import type { Engine } from './settings.ts';

/** The engine cuts its report at a million bytes, in the middle. */
const bytesMax = 900_000;
const ending = 'END OF INNODB MONITOR OUTPUT';
const cutMark = '... truncated...';
/** The line of a transaction that changed rows: nothing of it is anybody's choice. */
const changedLine =
  /^[0-9]+ lock struct\(s\), heap size [0-9]+, [0-9]+ row lock\(s\), undo log entries ([0-9]+)$/;
const serverNames: Readonly<Record<Engine, string>> = { mariadb: 'MariaDB', mysql: 'MySQL' };
const transactionLine = /^---TRANSACTION [0-9]+, ACTIVE [0-9]+ sec\b/;

/**
 * Returns how many rows the transaction of a session changed, by the report of SHOW ENGINE INNODB STATUS, which the engine makes anew
 * each time. Undefined unless the report says it beyond doubt.
 *
 * INVARIANT: a report that is whole names the session in one line of its transaction; statements of others are quoted in it as they are, and
 * may look like anything, but one that names this session makes two such lines. Between the line that begins a transaction
 * and the one that names its session the engine writes nothing of anybody's.
 */
export function rowsChangedBy(engine: Engine, session: string, report: string): number | undefined {
  if (!isWhole(report)) return undefined;
  const lines = report.split(/\r\n|\r|\n/);
  const named = `thread id ${session}, `;
  const naming = lines.flatMap((line, index) => (line.includes(named) ? [index] : []));
  const [at] = naming;
  if (
    at === undefined ||
    naming.length > 1 ||
    lines[at]?.startsWith(`${serverNames[engine]} ${named}`) !== true
  )
    return undefined;
  const begins = lines.findLastIndex((line, index) => index < at && line.startsWith('---TRANSACTION'));
  if (begins < 0 || !transactionLine.test(lines[begins] ?? '')) return undefined;
  const counts = lines.slice(begins + 1, at).flatMap((line) => changedLine.exec(line)?.[1] ?? []);
  return counts.length === 1 ? Number(counts[0]) : undefined;
}

function isWhole(report: string): boolean {
  const last = report.trimEnd().split('\n').slice(-2);
  return (
    Buffer.byteLength(report) <= bytesMax && !report.includes(cutMark) && last.some((line) => line === ending)
  );
}
