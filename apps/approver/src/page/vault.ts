import { equalBytes, keyId, seedSigner, type Signer } from '@countersign/codec';
import { unlockKey } from '@countersign/keys';
import { refuseExampleKey, type KeyEntry } from './approver-files.ts';
import { PageError } from './page-error.ts';

/** After so long without a key or pointer, an open key is locked again. */
export const idleMsMax: number = 5 * 60_000;

/** Holds at most one open key, for as long as somebody works with it. */
export class Vault {
  #open: { readonly name: string; readonly signer: Signer } | undefined;
  #timer: number | undefined;
  /** When somebody was last at work, milliseconds of the machine's clock: a timer stands still while the machine sleeps. */
  #touchedAt = 0;
  readonly #changed: () => void;

  /** `changed` is called whenever the key was opened or locked. */
  constructor(changed: () => void) {
    this.#changed = changed;
    for (const kind of ['pointerdown', 'keydown', 'wheel'])
      document.addEventListener(kind, () => this.#touch(), { passive: true, capture: true });
    document.addEventListener('visibilitychange', () => this.#lockIfLeft());
    window.addEventListener('pagehide', () => this.lock());
  }

  /** Returns the signer of the key of this name while it is open. */
  signer(name: string): Signer | undefined {
    this.#lockIfLeft();
    return this.#open?.name === name ? this.#open.signer : undefined;
  }

  /**
   * Opens a key and keeps it open. @throws KeysError `passphrase/wrong`, `keyfile/…`; PageError `page/key-other`, `page/example-key`
   */
  async unlock({ name, locked, kid }: KeyEntry, passphrase: string, isDemo: boolean): Promise<Signer> {
    const seed = await unlockKey(locked, { passphrase: () => passphrase });
    const signer = seedSigner(seed);
    seed.fill(0);
    refuseExampleKey(signer.publicKey, isDemo);
    if (kid !== null && !equalBytes(keyId(signer.publicKey), kid))
      throw new PageError('page/key-other', `${name}.cskey is another key than the files beside it say`);
    this.#open = { name, signer };
    this.#restart();
    this.#changed();
    return signer;
  }

  lock(): void {
    if (this.#open === undefined) return;
    this.#open = undefined;
    clearTimeout(this.#timer);
    this.#changed();
  }

  /** A touch after the time does not keep the key open. */
  #touch(): void {
    this.#lockIfLeft();
    if (this.#open !== undefined) this.#restart();
  }

  #lockIfLeft(): void {
    const idleMs = Date.now() - this.#touchedAt;
    // A clock that went back says nothing of how long nobody was there.
    if (idleMs < 0 || idleMs > idleMsMax) this.lock();
  }

  #restart(): void {
    clearTimeout(this.#timer);
    this.#touchedAt = Date.now();
    this.#timer = setTimeout(() => this.lock(), idleMsMax);
  }
}
