import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate for one host name, signed by itself, and its key, both in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate for `name` in `directory` with openssl. */
export function makeCertificate(directory: string, name: string): Certificate {
  const [key, cert] = ['key', 'crt'].map((end) => join(directory, `${name}.${end}`)) as [string, string];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const argv = ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert];
  execFileSync('openssl', argv, { stdio: 'ignore' });
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}
