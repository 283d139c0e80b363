import { encodeNote } from '@countersign/ledger';
import { keyId } from '@countersign/codec';
import { record } from '../stages/record.ts';
import { requireSubmitter } from '../stages/submitter.ts';
import type { World } from '../world.ts';
import { requireGood, type Caller } from './caller.ts';
import type { HomeSigners } from './home-signers.ts';
import { ServeRefused } from './refusal.ts';
import { verifyToken } from './token.ts';

/**
 * Knows callers by their tokens. Whoever has a token has no key: this home holds the key of the service or agent that the token's
 * subject is, signs with it, and keeps the token itself in the ledger, so that an auditor can verify what was verified here.
 */
export class TokenCallers {
  readonly #world: World;
  readonly #signers: HomeSigners;
  readonly #recorded = new Set<string>();

  constructor(world: World, signers: HomeSigners) {
    this.#world = world;
    this.#signers = signers;
  }

  /** Returns who a token speaks for. @throws `token/…`, `identity/…` */
  async identify(text: string): Promise<Caller> {
    const token = await verifyToken(this.#world, text);
    const signer = await this.#signers.of(token.subject.identity);
    const person = requireSubmitter(this.#world, keyId(signer.publicKey));
    // A person proves who they are with a key of their own, never with what an issuer says of them.
    if (person.id !== token.subject.identity || person.kind === 'human')
      throw new ServeRefused(
        'token/subject',
        'the subject of this token is no service or agent of the roster',
      );
    return { person, key: signer.publicKey, by: 'token', identity: { person, signer }, token };
  }

  /**
   * Writes the token of a caller and the key that it verifies with into the ledger, unless they are there. docs/spec/ledger.md#tokens
   * @throws what {@link requireGood} refuses with: nothing is recorded under a token that is over
   */
  record(caller: Caller): void {
    const { person, token } = caller;
    if (token === undefined) return;
    requireGood(this.#world, caller);
    if (this.#recorded.has(token.hash)) return;
    const { text, hash } = token;
    // The very text that is written: the same key under another `kid` verifies other tokens.
    const key = JSON.stringify(token.key);
    record(this.#world, (append) => {
      // Whoever writes beside this one may have kept it waiting.
      requireGood(this.#world, caller);
      const note = (verb: string, said: string): void => {
        append('operator', encodeNote('operator', { person: person.id, verb, text: said }));
      };
      if (!this.#recorded.has(key)) note('token-key', key);
      note('token', text);
    });
    this.#recorded.add(key).add(hash);
  }
}
