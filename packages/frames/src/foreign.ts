import type { ForeignKind } from './frame-error.ts';

// INVARIANT: these tests name a foreign code for a person; nothing is ever decoded or accepted by them.
const textKinds: readonly (readonly [RegExp, ForeignKind])[] = [
  [/^https?:\/\//iu, 'web-address'],
  [/^wifi:/iu, 'wifi'],
  [/^(?:ur:|B\$)/iu, 'air-gap-wallet'],
  [/^(?:bitcoin|ethereum|lightning|litecoin|monero|solana):/iu, 'wallet'],
  [/^(?:bc1|tb1)[02-9ac-hj-np-z]{11,87}$/iu, 'wallet'],
  [/^(?:begin:vcard|mecard:)/iu, 'contact'],
];

/** What each kind is called in a sentence. */
export const foreignNames: Readonly<Record<ForeignKind, string>> = {
  'web-address': 'a web address',
  wifi: 'the access to a Wi-Fi network',
  wallet: 'an address of a wallet',
  'air-gap-wallet': 'a message of an air-gapped wallet',
  contact: 'a contact',
  text: 'plain text',
  bytes: 'bytes of another program',
};

/** Returns what the content of a foreign code seems to be. */
export function foreignKind(content: Uint8Array): ForeignKind {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return 'bytes';
  }
  for (const [pattern, kind] of textKinds) {
    if (pattern.test(text)) return kind;
  }
  return 'text';
}
