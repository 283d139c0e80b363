import { keyId } from '@countersign/codec';
import { digestWords } from '@countersign/keys';
import { describeOverTime } from '@countersign/wording';
import { reviewRequest } from '../core/review-request.ts';
import { readApproverFiles, withKey, type ApproverFiles, type KeyEntry } from './approver-files.ts';
import { CameraTestView } from './camera-test-view.ts';
import { CameraView } from './camera-view.ts';
import { readRequest, type Carried } from './carried.ts';
import { texts } from './catalogue/index.ts';
import { DecideForm } from './decide-form.ts';
import { fill, h, type Child } from './dom.ts';
import { DoubleVerifier } from './double-verifier.ts';
import { failureBox } from './failure.ts';
import { folderPicker } from './folder.ts';
import { frame, type Frame } from './frame.ts';
import { inboxView } from './inbox-view.ts';
import { journalView } from './journal-view.ts';
import { LiveReview, type LiveParts } from './live-review.ts';
import { makeView } from './make-view.ts';
import { outView } from './out-view.ts';
import { passedOverBox } from './passed-over.ts';
import { ownHash } from './own-hash.ts';
import { pickedFiles } from './picked-files.ts';
import { heldStill } from './renew.ts';
import { reviewView } from './review-view.ts';
import { clock, type Case, type Kept } from './signing.ts';
import { keysView, startView } from './start-view.ts';
import { Vault } from './vault.ts';

/** What the person works with: the files brought along and the key chosen among them. */
interface Desk {
  readonly files: ApproverFiles;
  readonly key: KeyEntry;
}

/** The whole page: which screen stands, and what leads from one to the next. */
export class App {
  readonly #frame: Frame;
  readonly #vault: Vault;
  #desk: Desk | undefined;
  #form: DecideForm | undefined;
  /** Counts what was opened: only the last one is shown. */
  #turn = 0;
  /** What goes on while the screen stands. */
  #running: { stop(): void } | undefined;
  /** What files that are dropped or chosen now are taken for. */
  #take: (files: Iterable<File>) => void = () => undefined;

  constructor() {
    this.#frame = frame(digestWords(ownHash()), () => this.#vault.lock());
    this.#vault = new Vault(() => this.#vaultChanged());
    document.body.replaceChildren(this.#frame.element);
    document.addEventListener('dragover', (event) => event.preventDefault());
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      this.#take(event.dataTransfer?.files ?? []);
    });
  }

  /** The first screen. */
  start(trouble?: unknown): void {
    this.#desk = undefined;
    this.#vault.lock();
    this.#frame.key(undefined, false);
    this.#frame.demo(false);
    this.#take = (files) => this.#readFiles(files);
    const acts = {
      openFolder: () => this.#readFolder(),
      openFiles: this.#take,
      makeKey: () => this.#show(makeView(() => this.start())),
      testCamera: () => this.#testCamera(() => this.start()),
    };
    this.#show(startView(acts, trouble));
  }

  /** Shows that the page cannot work here. */
  refuse(thrown: unknown): void {
    this.#take = () => undefined;
    this.#show(
      h('div', { class: 'page-column' }, h('h1', { tabindex: -1 }, texts.brand), failureBox(thrown)),
    );
  }

  #show(view: HTMLElement, above: HTMLElement | null = null): void {
    this.#running?.stop();
    this.#running = undefined;
    this.#form = undefined;
    this.#frame.show(view, above);
  }

  #readFolder(): void {
    folderPicker()?.()
      .then((folder) => readApproverFiles(folder.files, folder))
      .then((files) => this.#keys(files))
      .catch((thrown: unknown) => {
        // The person closed the chooser.
        if (thrown instanceof DOMException && thrown.name === 'AbortError') return;
        this.start(thrown);
      });
  }

  #readFiles(chosen: Iterable<File>): void {
    const files = Array.from(chosen);
    this.#frame.busy(texts.start.reading);
    Promise.resolve()
      .then(() => readApproverFiles(pickedFiles(files), null))
      .then((read) => this.#keys(read))
      .catch((thrown: unknown) => this.start(thrown));
  }

  #keys(files: ApproverFiles): void {
    this.#take = (chosen) => this.#readFiles(chosen);
    this.#frame.demo(files.isDemo);
    const choose = (key: KeyEntry): void => this.#sit({ files, key });
    const opened = (key: KeyEntry): Promise<void> => {
      const signer = this.#vault.signer(key.name);
      if (signer === undefined) return Promise.resolve();
      const known = { ...key, publicKey: signer.publicKey, kid: keyId(signer.publicKey) };
      this.#sit({ files: withKey(files, known), key: known });
      return Promise.resolve();
    };
    this.#show(keysView(files, this.#vault, choose, opened, () => this.start()));
  }

  #sit(desk: Desk): void {
    this.#desk = desk;
    this.#vaultChanged();
    this.#inbox(null);
  }

  #inbox(trouble: Child): void {
    this.#take = (files) => this.#openFiles(files);
    const acts = {
      openFiles: this.#take,
      openBytes: (bytes: Uint8Array) => this.#openBytes(bytes),
      camera: () => this.#scan(),
      testCamera: () => this.#testCamera(() => this.#inbox(null)),
      journal: () => this.#journal(),
      change: () => this.start(),
    };
    this.#show(inboxView(acts, trouble));
  }

  #journal(): void {
    if (this.#desk === undefined) return;
    const { key } = this.#desk;
    this.#attempt(() => this.#show(journalView(key, () => this.#inbox(null))));
  }

  #scan(): void {
    const camera = new CameraView(
      (message) => this.#openBytes(message),
      () => this.#inbox(null),
    );
    this.#look(camera);
  }

  #testCamera(back: () => void): void {
    this.#look(new CameraTestView(back));
  }

  #look(camera: CameraView | CameraTestView): void {
    this.#show(camera.element);
    this.#running = camera;
    camera.start();
  }

  #openFiles(chosen: Iterable<File>): void {
    const files = Array.from(chosen);
    this.#open(() => readRequest(pickedFiles(files)));
  }

  #openBytes(bytes: Uint8Array): void {
    this.#open(() => Promise.resolve({ kind: 'request', bytes, names: [], passedOver: [] }));
  }

  #open(read: () => Promise<Carried>): void {
    // One at a time: a second one would take the place of what is being read.
    this.#take = () => undefined;
    const turn = (this.#turn += 1);
    this.#frame.busy(texts.inbox.verifying);
    // A turn of the event loop, so that the words above are on the screen while this works.
    new Promise((resolve) => setTimeout(resolve, 20))
      .then(read)
      .then(async (carried) => {
        const trouble = await this.#openCarried(carried, turn);
        if (trouble.length > 0 && turn === this.#turn)
          this.#inbox([...trouble, passedOverBox(carried.passedOver)]);
      })
      .catch((thrown: unknown) => {
        if (turn === this.#turn) this.#inbox(failureBox(thrown));
      });
  }

  /** Opens what was brought along; returns why it cannot be, nothing when it is open. */
  async #openCarried(carried: Carried, turn: number): Promise<readonly HTMLElement[]> {
    if (carried.kind === 'refused')
      return carried.faults.map(({ thrown, names }) => failureBox(thrown, names));
    const { bytes, names, passedOver } = carried;
    try {
      await this.#review(bytes, passedOverBox(passedOver), turn);
      return [];
    } catch (thrown) {
      return [failureBox(thrown, names)];
    }
  }

  async #review(bytes: Uint8Array, beside: HTMLElement | null, turn: number): Promise<void> {
    if (this.#desk === undefined) return;
    const { files, key } = this.#desk;
    const verifier = new DoubleVerifier();
    const { anchor, rosters: known } = files;
    const { kid, state } = key;
    const reviewed = reviewRequest(bytes, { anchor, kid, state, known, verifier, now: clock() });
    await verifier.confirm();
    if (turn !== this.#turn) return;
    const describe = describeOverTime(reviewed.shown, 'full');
    const document = describe(reviewed.shown);
    this.#showReview({ files, key, bytes, reviewed, document }, describe, beside);
  }

  #showReview(matter: Case, describe: LiveParts['describe'], beside: HTMLElement | null): void {
    this.#take = () => undefined;
    const form = new DecideForm(matter, this.#vault, (kept) => this.#signed(matter, kept));
    const close = (): void => this.#inbox(null);
    const view = reviewView(
      matter.reviewed,
      matter.document,
      { reached: () => form.update(), close },
      form.element,
    );
    form.watch(view.reaches);
    this.#show(view.element, beside);
    this.#form = form;
    this.#running = new LiveReview(matter, {
      describe,
      renew: (later) =>
        heldStill(() => {
          view.renew(later.reviewed, later.document);
          form.renew(later);
        }),
      isHeld: () => form.isBusy,
    });
  }

  #signed(matter: Case, kept: Kept): void {
    const known = { ...matter.key, state: kept.state };
    this.#desk = { files: withKey(matter.files, known), key: known };
    this.#show(outView(matter, kept, () => this.#inbox(null)));
  }

  #vaultChanged(): void {
    const name = this.#desk?.key.name;
    this.#frame.key(name, name !== undefined && this.#vault.signer(name) !== undefined);
    this.#form?.update();
  }

  #attempt(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.#inbox(failureBox(thrown));
    }
  }
}

/** Says a fault that nothing else has caught, beside whatever is on the screen. */
export function reportFaults(): void {
  const box = h('div', { class: 'faults' });
  const report = (thrown: unknown): void => {
    fill(box, failureBox(thrown));
    document.body.prepend(box);
  };
  window.addEventListener('error', (event) => report(event.error));
  window.addEventListener('unhandledrejection', (event) => report(event.reason));
}
