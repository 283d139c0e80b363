import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { formatTime, ProgramError, quote, readFileCarefully } from '@countersign/program';

/** A certificate, with those that lead to its issuer, and its key, as PEM. */
export interface TlsFiles {
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
}

const pemBytesMax = 1_048_576;

/**
 * Returns the certificate and the key of two files, once it is certain that clients can be served with them at `now`, in seconds.
 * @throws ProgramError `usage/arguments` with what is wrong, `file/…`
 */
export function readTlsFiles(certPath: string, keyPath: string, now: number): TlsFiles {
  const [cert, key] = [certPath, keyPath].map((path) => readFileCarefully(path, { bytesMax: pemBytesMax }));
  const files = { cert: cert ?? new Uint8Array(), key: key ?? new Uint8Array() };
  const certificate = parsed(`--tls-cert ${quote(certPath)} is no certificate in PEM`, () =>
    certificateOf(files),
  );
  requireTime(certificate, certPath, now);
  const privateKey = parsed(`--tls-key ${quote(keyPath)} is no private key in PEM without a passphrase`, () =>
    keyOf(files),
  );
  if (!certificate.checkPrivateKey(privateKey))
    throw refused(`--tls-key ${quote(keyPath)} is not the key of --tls-cert ${quote(certPath)}`);
  parsed('the certificate and its key are none that TLS 1.3 is served with', () =>
    createSecureContext({
      cert: Buffer.from(files.cert),
      key: Buffer.from(files.key),
      minVersion: 'TLSv1.3',
    }),
  );
  return files;
}

function certificateOf({ cert }: TlsFiles): X509Certificate {
  return new X509Certificate(cert);
}

function keyOf({ key }: TlsFiles): KeyObject {
  return createPrivateKey(Buffer.from(key));
}

function requireTime({ validFromDate, validToDate }: X509Certificate, path: string, now: number): void {
  const [from, to] = [validFromDate, validToDate].map((date) => Math.floor(date.getTime() / 1000));
  if (from !== undefined && now < from)
    throw refused(`--tls-cert ${quote(path)} is not good before ${formatTime(from)}`);
  if (to !== undefined && now > to)
    throw refused(`--tls-cert ${quote(path)} was good until ${formatTime(to)}`);
}

/** Returns what is parsed; the words of OpenSSL say little to whoever named a wrong file. */
function parsed<T>(fault: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw refused(fault, cause);
  }
}

function refused(fault: string, cause?: unknown): ProgramError {
  return new ProgramError('usage/arguments', fault, cause === undefined ? {} : { cause });
}
