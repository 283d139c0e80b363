import { toHex } from '@countersign/codec';
import { extractRequest, type Life, type VerifiedLedger } from '@countersign/ledger';
import { ExitCode, quote, writeFileAtomically, type ProgramRun } from '@countersign/program';
import { AuditError } from './audit-error.ts';
import { loadForReading, reportingRefusal } from './load.ts';

interface ExtractOptions {
  readonly root?: string;
  readonly out?: string;
}

/** Writes one request of a verified ledger as an evidence file. */
export function extractCommand(
  path: string,
  id: string,
  options: ExtractOptions,
  { output }: ProgramRun,
): ExitCode {
  if (!/^[0-9a-f]{8,32}$/.test(id)) {
    throw new AuditError('usage/request-id', `${quote(id)} is no request id, expected 8 to 32 hex digits`);
  }
  const out = options.out ?? '';
  return reportingRefusal(output, () => {
    const ledger = loadForReading(path, options.root, output);
    const life = findLife(ledger, id);
    const bytes = extractRequest(ledger, life.id);
    writeFileAtomically(out, bytes);
    output.document({
      code: 'evidence/written',
      message: `request ${toHex(life.id)} written`,
      requestId: life.id,
      state: life.state,
      path: out,
      bytes: bytes.length,
      anchored: options.root !== undefined,
    });
    output.line(`request ${toHex(life.id)} (${life.state}) written to ${out}, ${bytes.length} bytes`);
    return ExitCode.done;
  });
}

function findLife(ledger: VerifiedLedger, id: string): Life {
  const found = [...ledger.lives].filter(([hex]) => hex.startsWith(id)).map(([, life]) => life);
  const [life] = found;
  if (life === undefined) throw new AuditError('audit/request-absent', `no request ${id} in this ledger`);
  if (found.length > 1) {
    throw new AuditError('audit/request-ambiguous', `${found.length} requests begin with ${id}`, {
      hint: 'give more digits of the id',
    });
  }
  return life;
}
