import { sha256 } from '@countersign/codec';

let known: Uint8Array | undefined;

/**
 * Returns the SHA-256 of this page's own file, which a decision names as the program that showed the request. The first call is made
 * while the script runs, when the document is still as the file has it; the build writes the file as a browser writes it out again. A page
 * that lies about itself can lie here too: the file is compared by `sha256sum`, outside the browser.
 */
export function ownHash(): Uint8Array {
  known ??= sha256(new TextEncoder().encode(`<!DOCTYPE html>\n${document.documentElement.outerHTML}\n`));
  return known;
}
