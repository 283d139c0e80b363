import { CodecError, type CodecErrorCode } from './error.ts';

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const hexDigits = '0123456789abcdef';
const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const base64UrlAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Returns the UTF-8 bytes of `text`.
 * @throws CodecError `encode/text-not-well-formed` on a lone surrogate, which UTF-8 cannot carry
 */
export function utf8(text: string): Uint8Array {
  if (!text.isWellFormed()) {
    throw new CodecError('encode/text-not-well-formed', 'text with a lone surrogate');
  }
  return utf8Encoder.encode(text);
}

/**
 * Returns the text of UTF-8 bytes; a leading U+FEFF stays.
 * @throws CodecError `text/utf8`
 */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes);
  } catch (cause) {
    throw new CodecError('text/utf8', 'bytes that are not UTF-8', { cause });
  }
}

/** Returns how many bytes the well-formed `text` takes in UTF-8, without encoding it. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // A surrogate pair is two units and four bytes: one byte more for each of its halves.
    length += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return length;
}

/** Returns lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += hexDigits.charAt(byte >> 4) + hexDigits.charAt(byte & 15);
  return text;
}

/**
 * Returns the bytes of lower-case hex of even length.
 * @throws CodecError `text/hex`
 */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw malformed('text/hex', 'hex of odd length', text.length);
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = hexDigit(text, 2 * i) * 16 + hexDigit(text, 2 * i + 1);
  }
  return bytes;
}

function hexDigit(text: string, at: number): number {
  const digit = hexDigits.indexOf(text.charAt(at));
  if (digit < 0) throw malformed('text/hex', 'a character that is not lower-case hex', at);
  return digit;
}

/** Returns base64 with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  const text = toSextets(bytes, base64Alphabet);
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}

/** Returns base64url without padding (RFC 4648 section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  return toSextets(bytes, base64UrlAlphabet);
}

/**
 * Returns the bytes of base64 with its padding; only the text that `toBase64` writes is read.
 * @throws CodecError `text/base64`
 */
export function fromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0) throw malformed('text/base64', 'base64 without its padding', text.length);
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return fromSextets(text.slice(0, text.length - padding), base64Alphabet);
}

/**
 * Returns the bytes of base64url without padding; only the text that `toBase64Url` writes is read.
 * @throws CodecError `text/base64`
 */
export function fromBase64Url(text: string): Uint8Array {
  return fromSextets(text, base64UrlAlphabet);
}

function toSextets(bytes: Uint8Array, alphabet: string): string {
  let text = '';
  let pending = 0;
  let bits = 0;
  for (const byte of bytes) {
    pending = ((pending << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += alphabet.charAt((pending >> bits) & 63);
    }
  }
  return bits === 0 ? text : text + alphabet.charAt((pending << (6 - bits)) & 63);
}

function fromSextets(text: string, alphabet: string): Uint8Array {
  if (text.length % 4 === 1) throw malformed('text/base64', 'base64 of a length no bytes have', text.length);
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let pending = 0;
  let bits = 0;
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const sextet = alphabet.indexOf(text.charAt(i));
    if (sextet < 0) throw malformed('text/base64', 'a character outside the base64 alphabet', i);
    pending = ((pending << 6) | sextet) & 0x3fff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length] = (pending >> bits) & 255;
    length += 1;
  }
  // Two texts for the same bytes would let a reader and a hash disagree.
  if ((pending & ((1 << bits) - 1)) !== 0) {
    throw malformed('text/base64', 'base64 whose unused bits are not zero', text.length);
  }
  return bytes;
}

function malformed(code: CodecErrorCode, message: string, offset: number): CodecError {
  return new CodecError(code, message, { offset });
}
