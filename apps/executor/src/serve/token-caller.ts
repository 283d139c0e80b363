import { encodeNote } from '@countersign/ledger';
import type { ProgramRun } from '@countersign/program';
import { keyId } from '@countersign/codec';
import { loadIdentity } from '../home/identity.ts';
import type { Identity } from '../stages/intake.ts';
import { record } from '../stages/record.ts';
import { requireSubmitter } from '../stages/submitter.ts';
import type { World } from '../world.ts';
import type { Caller } from './caller.ts';
import { ServeRefused } from './refusal.ts';
import { verifyToken, type VerifiedToken } from './token.ts';

/** Tokens that came with a call and are not in the ledger yet; a token is written down when something is submitted with it. */
const rememberedMax = 4_096;

/**
 * Knows callers by their tokens. Whoever has a token has no key: this home holds the key of the service or agent that the token's
 * subject is, signs with it, and keeps the token itself in the ledger, so that an auditor can verify what was verified here.
 */
export class TokenCallers {
  readonly #world: World;
  readonly #run: ProgramRun;
  readonly #signers = new Map<string, Identity['signer']>();
  readonly #tokens = new Map<string, VerifiedToken>();
  readonly #recorded = new Set<string>();

  constructor(world: World, run: ProgramRun) {
    this.#world = world;
    this.#run = run;
  }

  /** Returns who a token speaks for. @throws `token/…`, `identity/…` */
  async identify(text: string): Promise<Caller> {
    const token = await verifyToken(this.#world, text);
    const signer = await this.#signerOf(token.subject.identity);
    const person = requireSubmitter(this.#world, keyId(signer.publicKey));
    // A person proves who they are with a key of their own, never with what an issuer says of them.
    if (person.id !== token.subject.identity || person.kind === 'human')
      throw new ServeRefused(
        'token/subject',
        'the subject of this token is no service or agent of the roster',
      );
    if (!this.#recorded.has(token.hash)) this.#remember(token);
    return {
      person,
      key: signer.publicKey,
      by: 'token',
      identity: { person, signer },
      tokenHash: token.hash,
    };
  }

  /** Writes the token of a caller and the key that it verifies with into the ledger, unless they are there. docs/spec/ledger.md#tokens */
  record({ person, tokenHash = '' }: Caller): void {
    const token = this.#tokens.get(tokenHash);
    if (token === undefined || this.#recorded.has(tokenHash)) return;
    const { text, key, thumbprint } = token;
    record(this.#world, (append) => {
      const note = (verb: string, said: string): void => {
        append('operator', encodeNote('operator', { person: person.id, verb, text: said }));
      };
      if (!this.#recorded.has(thumbprint)) note('token-key', JSON.stringify(key));
      note('token', text);
    });
    this.#recorded.add(thumbprint).add(tokenHash);
    this.#tokens.delete(tokenHash);
  }

  #remember(token: VerifiedToken): void {
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size >= rememberedMax && oldest !== undefined) this.#tokens.delete(oldest);
    this.#tokens.set(token.hash, token);
  }

  async #signerOf(name: string): Promise<Identity['signer']> {
    const known = this.#signers.get(name);
    if (known !== undefined) return known;
    const { signer } = await loadIdentity(this.#world, this.#run, { as: name });
    this.#signers.set(name, signer);
    return signer;
  }
}
