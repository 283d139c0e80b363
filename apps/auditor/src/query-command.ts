import { toHex, utf8 } from '@countersign/codec';
import {
  queryLedger,
  signerOf,
  targetOf,
  type VerifiedEntry,
  type VerifiedLedger,
} from '@countersign/ledger';
import { entryTypes, type EntryType } from '@countersign/messages';
import { ExitCode, formatTime, parseTime, visibleText, type ProgramRun } from '@countersign/program';
import { AuditError } from './audit-error.ts';
import { formatCsv } from './csv.ts';
import { loadForReading, reportingRefusal } from './load.ts';
import { sayContent } from './say-content.ts';

interface QueryOptions {
  readonly root?: string;
  readonly target?: string;
  readonly kind?: string;
  readonly since?: string;
  readonly until?: string;
  readonly by?: string;
  readonly csv?: boolean;
}

/** An entry as a row for people and other programs. */
interface Row {
  readonly index: number;
  readonly madeAt: string;
  readonly type: EntryType;
  readonly requestId: string | undefined;
  readonly target: string | undefined;
  readonly by: string | undefined;
  readonly key: string | undefined;
  readonly detail: string;
}

/** Lists the entries of a verified ledger that fulfil every condition. */
export function queryCommand(path: string, options: QueryOptions, { output }: ProgramRun): ExitCode {
  const query = {
    target: options.target,
    kind: options.kind === undefined ? undefined : parseKind(options.kind),
    since: options.since === undefined ? undefined : parseTime(options.since),
    until: options.until === undefined ? undefined : parseTime(options.until),
    by: options.by,
  };
  return reportingRefusal(output, () => {
    const ledger = loadForReading(path, options.root, output);
    const rows = queryLedger(ledger, query).map((entry) => rowOf(ledger, entry));
    output.document({
      code: 'ledger/queried',
      message: `${rows.length} of ${ledger.size} entries`,
      origin: ledger.origin,
      size: ledger.size,
      anchored: options.root !== undefined,
      count: rows.length,
      entries: rows,
    });
    if (options.csv === true) output.raw(utf8(formatCsv(columns, rows.map(cellsOf))));
    else for (const row of rows) output.line(lineOf(row));
    return ExitCode.done;
  });
}

function parseKind(text: string): EntryType {
  const kind = entryTypes.find((type) => type === text);
  if (kind !== undefined) return kind;
  throw new AuditError('usage/kind', `no such kind of entry, expected one of ${entryTypes.join(', ')}`);
}

const columns = ['index', 'made_at', 'type', 'request_id', 'target', 'by', 'key', 'detail'];

function cellsOf(row: Row): readonly string[] {
  const { index, madeAt, type, requestId, target, by, key, detail } = row;
  return [String(index), madeAt, type, requestId ?? '', target ?? '', by ?? '', key ?? '', detail];
}

// A name with a line end in it would make another entry of what follows, one with a colour would hide it.
function lineOf({ index, madeAt, type, requestId, by, detail }: Row): string {
  const id = requestId?.slice(0, 8) ?? '-';
  return `${String(index).padStart(6)}  ${madeAt}  ${type.padEnd(16)}  ${id.padEnd(8)}  ${visibleText(by ?? '-')}  ${visibleText(detail)}`;
}

function rowOf(ledger: VerifiedLedger, each: VerifiedEntry): Row {
  const { entry } = each;
  const kid = signerOf(each);
  return {
    index: each.index,
    madeAt: formatTime(entry.madeAt),
    type: entry.type,
    requestId: entry.requestId === undefined ? undefined : toHex(entry.requestId),
    target: targetOf(ledger, each),
    by: each.by,
    key: kid === undefined ? undefined : toHex(kid),
    detail: sayContent(each.content),
  };
}
