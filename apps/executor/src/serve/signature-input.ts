import { fromBase64 } from '@countersign/codec';
import { ServeRefused } from './refusal.ts';

/** What `Signature-Input` says of the one signature, and the signature. Nothing of it is verified. */
export interface SignatureInput {
  /** Names of the covered components, in their order. */
  readonly components: readonly string[];
  /** Whole seconds since 1970. */
  readonly created: number;
  readonly expires: number;
  readonly nonce: string;
  readonly keyid: string;
  readonly alg: string | undefined;
  readonly tag: string;
  /** The value of `@signature-params`, exactly as it stands in the header. */
  readonly parameters: string;
  /** 64 bytes when it is one. */
  readonly signature: Uint8Array;
}

const lengthMax = 1_024;
const label = '([a-z][a-z0-9_-]{0,31})';
const inputShape = new RegExp(
  `^${label}=(\\(((?:"[a-z@-]{1,32}")(?: "[a-z@-]{1,32}"){0,15})\\)((?:;[a-z]{1,16}=(?:"[!#-[\\]-~]{0,128}"|[0-9]{1,10})){1,8}))$`,
);
const signatureShape = new RegExp(`^${label}=:([A-Za-z0-9+/]{86}==):$`);
const known: readonly string[] = ['created', 'expires', 'nonce', 'keyid', 'alg', 'tag'];

/**
 * Reads the headers of RFC 9421 in the one form that this server takes: one signature, components without parameters, each parameter
 * at most once, nothing escaped. docs/serving.md#signatures
 * @throws ServeRefused `http-signature/form`, `http-signature/several`
 */
export function parseSignatureInput(input: string, signature: string): SignatureInput {
  if (input.length > lengthMax || signature.length > lengthMax)
    throw form('a signature header that is too long');
  if (/,/.test(signature)) throw several();
  const read = inputShape.exec(input);
  const value = signatureShape.exec(signature);
  if (read === null || value === null)
    throw form('signature headers of another form than docs/serving.md gives');
  const [, name, parameters = '', list = '', pairs = ''] = read;
  if (name !== value[1]) throw form('Signature-Input and Signature name different signatures');
  const given = parametersOf(pairs);
  return {
    components: list.split(' ').map((one) => one.slice(1, -1)),
    created: integer(given, 'created'),
    expires: integer(given, 'expires'),
    nonce: text(given, 'nonce'),
    keyid: text(given, 'keyid'),
    alg: given.has('alg') ? text(given, 'alg') : undefined,
    tag: text(given, 'tag'),
    parameters,
    signature: fromBase64(value[2] ?? ''),
  };
}

function parametersOf(pairs: string): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (const [, name = '', value = ''] of pairs.matchAll(/;([a-z]+)=("[^"]*"|[0-9]+)/g)) {
    if (!known.includes(name)) throw form(`a signature parameter ${name}, expected ${known.join(', ')}`);
    if (given.has(name)) throw form(`the signature parameter ${name} stands twice`);
    given.set(name, value);
  }
  return given;
}

function integer(given: ReadonlyMap<string, string>, name: string): number {
  const value = given.get(name) ?? '';
  if (/^[0-9]+$/.test(value)) return Number(value);
  throw form(`the signature parameter ${name} is missing or no whole number`);
}

function text(given: ReadonlyMap<string, string>, name: string): string {
  const value = given.get(name) ?? '';
  if (value.startsWith('"')) return value.slice(1, -1);
  throw form(`the signature parameter ${name} is missing or no string`);
}

function form(message: string): ServeRefused {
  return new ServeRefused('http-signature/form', message, {
    hint: 'docs/serving.md shows how a call is signed',
  });
}

function several(): ServeRefused {
  return new ServeRefused('http-signature/several', 'several signatures on one call, expected one');
}
