import { h } from './dom.ts';

/** Offers bytes as a download under a name of ours. */
export function download(name: string, bytes: Uint8Array): void {
  const url = URL.createObjectURL(new Blob([Uint8Array.from(bytes)], { type: 'application/octet-stream' }));
  const link = h('a', { href: url, download: name });
  link.click();
  // The browser holds the data from the click on; a while later the address may go.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
