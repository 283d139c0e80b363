import type { IncomingMessage } from 'node:http';
import { ServeRefused } from './refusal.ts';

/** Headers that say who calls, and what is signed: a second one would leave open which of them was meant. */
const single: readonly string[] = [
  'authorization',
  'content-digest',
  'content-encoding',
  'content-type',
  'host',
  'idempotency-key',
  'prefer',
  'signature',
  'signature-input',
];

/**
 * Refuses what no honest client sends, before anything of the call is read. In this order: the form of the request line, repeated
 * headers, the host (DNS rebinding), and whatever comes from a page in a browser (CSRF): this server has no page.
 * @throws ServeRefused
 */
export function guardCall(request: IncomingMessage, authorities: ReadonlySet<string>): void {
  const { url = '', rawHeaders, headers } = request;
  // The path is signed as it stands, so it must have one reading only.
  if (!/^\/(?!\/)[!-~]*$/.test(url) || url.includes('\\') || url.includes('#'))
    throw new ServeRefused('serve/target-form', 'a request target that is no plain path');
  const seen = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [name.toLowerCase()] : []));
  const twice = single.find((name) => seen.indexOf(name) !== seen.lastIndexOf(name));
  if (twice !== undefined)
    throw new ServeRefused('serve/repeated-header', `the header ${twice} stands twice`);
  if (!authorities.has(headers.host ?? '')) {
    throw new ServeRefused('serve/host', 'this server is not called by that name', {
      hint: 'call it by the address it listens on, or name it with --name',
    });
  }
  if (headers.origin !== undefined)
    throw new ServeRefused('serve/origin', 'a call from a page in a browser, expected one from a program');
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'none')
    throw new ServeRefused(
      'serve/cross-site',
      'a call from a page in a browser, expected one from a program',
    );
  if (headers['content-encoding'] !== undefined)
    throw new ServeRefused('serve/encoding', 'a body with a content encoding, expected one as it is');
}
