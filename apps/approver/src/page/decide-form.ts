import type { Signer } from '@countersign/codec';
import type { Choice, Conditions } from '@countersign/messages';
import { lateRefusal, type Wish } from '../core/decide.ts';
import { proposedStatements } from '../core/proposal.ts';
import { texts } from './catalogue/index.ts';
import { button, fill, freshId, h, type Child } from './dom.ts';
import { failureBox } from './failure.ts';
import { passphraseField, textField } from './fields.ts';
import { LateNotice } from './late-notice.ts';
import { PageError } from './page-error.ts';
import type { Reach } from './reach.ts';
import { rehearse, sign, type Case, type Kept } from './signing.ts';
import { textDiffView } from './text-diff-view.ts';
import { countOf, timeOf } from './typed-values.ts';
import type { Vault } from './vault.ts';

const choices = ['approve', 'deny', 'amend'] as const;
const hints = {
  approve: texts.decide.approveHint,
  deny: texts.decide.denyHint,
  amend: texts.decide.amendHint,
} as const;

type Lack = keyof typeof texts.decide.why;

/** Where a person decides. `signed` is called once the decision is made. */
export class DecideForm {
  readonly element: HTMLElement;
  #reaches: readonly Reach[] = [];
  #matter: Case;
  readonly #vault: Vault;
  readonly #signed: (kept: Kept) => void;
  #choice: Choice | undefined;
  #isBusy = false;
  readonly #note: HTMLTextAreaElement;
  readonly #rows = textField(texts.decide.rows, texts.decide.rowsHint, { inputmode: 'numeric' });
  readonly #roster = textField(texts.decide.roster, texts.decide.rosterHint, { inputmode: 'numeric' });
  readonly #rowsMax = textField(texts.decide.rowsMax, '', { inputmode: 'numeric' });
  readonly #notBefore = textField(texts.decide.notBefore, texts.decide.timeHint);
  readonly #notAfter = textField(texts.decide.notAfter, texts.decide.timeHint);
  readonly #passphrase = passphraseField();
  readonly #proposal: HTMLTextAreaElement;
  /** The statements as the field has them, which knows one kind of line ends. */
  readonly #unchanged: string;
  readonly #proposalDiff = h('div', { class: 'drawn', 'aria-live': 'polite' });
  readonly #conditions: HTMLElement;
  readonly #proposalBox: HTMLElement;
  readonly #reach = h('div', { class: 'reach' });
  readonly #lacks = h('div', { class: 'lacks', 'aria-live': 'polite' });
  readonly #submit = h('button', { type: 'submit', class: 'primary' });
  readonly #trouble = h('div', {});
  readonly #late = new LateNotice();
  #fields: readonly HTMLElement[] = [];
  readonly #goOn = button('', () => this.#unseen()?.goToUnseen(), { class: 'quiet' });

  constructor(matter: Case, vault: Vault, signed: (kept: Kept) => void) {
    this.#matter = matter;
    this.#vault = vault;
    this.#signed = signed;
    const [noteId, proposalId] = [freshId('note'), freshId('proposal')];
    this.#note = h('textarea', { id: noteId, rows: 2, 'aria-describedby': `${noteId}-hint` });
    this.#proposal = h('textarea', {
      id: proposalId,
      rows: 8,
      class: 'mono',
      spellcheck: 'false',
      'aria-describedby': `${proposalId}-hint`,
    });
    this.#proposal.value = this.#original();
    this.#unchanged = this.#proposal.value;
    this.#conditions = h(
      'details',
      { class: 'conditions' },
      h('summary', {}, texts.decide.conditions),
      h(
        'div',
        { class: 'grid-of-fields' },
        this.#rowsMax.element,
        this.#notBefore.element,
        this.#notAfter.element,
      ),
    );
    this.#proposalBox = h(
      'div',
      { class: 'input' },
      h('label', { for: proposalId }, texts.decide.proposal),
      this.#proposal,
      h('span', { class: 'hint', id: `${proposalId}-hint` }, texts.decide.proposalHint),
      this.#proposalDiff,
    );
    const note = h(
      'div',
      { class: 'input' },
      h('label', { for: noteId }, texts.decide.note),
      this.#note,
      h('span', { class: 'hint', id: `${noteId}-hint` }, texts.decide.noteHint),
    );
    this.element = this.#lay(note);
    this.#late.show(lateRefusal(matter.reviewed.shown));
    this.update();
  }

  /** Whether a decision is being signed. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Names what must have been on the screen before an approval. */
  watch(reaches: readonly Reach[]): void {
    this.#reaches = reaches;
    this.update();
  }

  /** Takes the same request as it reads at a later moment: what is signed is what is on the screen. */
  renew(matter: Case): void {
    this.#matter = matter;
    this.#late.show(lateRefusal(matter.reviewed.shown));
  }

  /** Draws the form as what was chosen and seen says. */
  update(): void {
    const { document, reviewed } = this.#matter;
    const isApproval = this.#choice === 'approve';
    const isDestructive = document.confirmRows !== null;
    this.#conditions.hidden = !isApproval;
    this.#proposalBox.hidden = this.#choice !== 'amend';
    this.#rows.element.hidden = !(isApproval && isDestructive);
    this.#reach.hidden = !isApproval;
    this.#roster.element.hidden = reviewed.review.rosterDifference === null;
    this.#passphrase.element.hidden = this.#isOpen();
    this.#drawReach();
    const lacks = this.#lackList();
    fill(
      this.#lacks,
      lacks.length === 0 ? null : h('p', {}, texts.decide.blocked),
      lacks.length === 0 ? null : h('ul', {}, ...lacks.map((lack) => h('li', {}, texts.decide.why[lack]))),
    );
    this.#submit.disabled = lacks.length > 0 || this.#isBusy;
    // What is being signed was read already.
    for (const fields of this.#fields) fields.inert = this.#isBusy;
    const label = texts.decide.sign[this.#choice ?? 'none'];
    fill(this.#submit, this.#isBusy ? texts.decide.signing : label);
    this.#submit.className = this.#choice === 'approve' ? 'primary' : 'primary stop';
    this.#submit.setAttribute('aria-busy', String(this.#isBusy));
  }

  #drawReach(): void {
    const { reach, reached, reachedSchema, nothingToReach, incomplete, goOn, goOnSchema } = texts.decide;
    const { effect } = this.#matter.reviewed.shown.request;
    const lacking = this.#unseen();
    const done = this.#reaches.map(({ kind }) => (kind === 'rows' ? reached : reachedSchema));
    const said =
      this.#reaches.length === 0 ? [`! ${nothingToReach}`] : [...new Set(done)].map((text) => `✓ ${text}`);
    if (lacking !== undefined) fill(this.#goOn, lacking.kind === 'rows' ? goOn : goOnSchema);
    fill(
      this.#reach,
      ...(lacking === undefined ? said : [`! ${reach(this.#parts())}`]).map((text) => h('p', {}, text)),
      effect.complete ? null : h('p', {}, `! ${incomplete}`),
      lacking === undefined ? null : this.#goOn,
    );
  }

  /** How much of each kind was on the screen. */
  #parts(): readonly string[] {
    return (['rows', 'lines'] as const).flatMap((kind) => {
      const own = this.#reaches.filter((each) => each.kind === kind);
      const sum = (of: (each: Reach) => number): number => own.reduce((total, each) => total + of(each), 0);
      const [seen, count] = [sum((each) => each.seen), sum((each) => each.count)];
      return own.length === 0 ? [] : [texts.decide.reachedOf[kind](seen, count)];
    });
  }

  #unseen(): Reach | undefined {
    return this.#reaches.find(({ seen, count }) => seen < count);
  }

  #lay(note: HTMLElement): HTMLElement {
    const id = freshId('decision');
    const name = freshId('choice');
    const radios = choices.map((choice) => this.#radio(name, choice));
    this.#fields = [
      h('fieldset', { class: 'choices' }, h('legend', {}, texts.decide.legend), ...radios),
      this.#proposalBox,
      note,
      this.#conditions,
      this.#roster.element,
      this.#reach,
      this.#rows.element,
      this.#passphrase.element,
    ];
    const form = h(
      'form',
      { class: 'decide' },
      ...this.#fields,
      this.#lacks,
      this.#late.element,
      this.#trouble,
      h('p', { class: 'actions' }, this.#submit),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#act();
    });
    form.addEventListener('input', () => this.update());
    this.#proposal.addEventListener('input', () =>
      fill(this.#proposalDiff, textDiffView(this.#original(), this.#proposal.value)),
    );
    return h(
      'section',
      { id, class: 'section decision', 'aria-labelledby': `${id}-title` },
      h('h2', { id: `${id}-title`, tabindex: -1 }, texts.decide.title),
      form,
    );
  }

  #radio(name: string, choice: Choice): Child {
    const input = h('input', { type: 'radio', name, value: choice });
    input.addEventListener('change', () => {
      this.#choice = choice;
      fill(this.#trouble);
      this.update();
    });
    return h(
      'label',
      { class: `choice ${choice}` },
      input,
      h('span', {}, h('strong', {}, texts.decide[choice]), h('span', { class: 'hint' }, hints[choice])),
    );
  }

  #original(): string {
    return this.#matter.reviewed.shown.request.statements.map(({ sql }) => sql).join(';\n');
  }

  #isOpen(): boolean {
    return this.#vault.signer(this.#matter.key.name) !== undefined;
  }

  #lackList(): readonly Lack[] {
    const { document, reviewed } = this.#matter;
    if (this.#choice === undefined) return ['choice'];
    const isApproval = this.#choice === 'approve';
    const isDestructive = isApproval && document.confirmRows !== null;
    const changed = reviewed.review.rosterDifference !== null;
    const found: readonly (readonly [Lack, boolean])[] = [
      ['proposal', this.#choice === 'amend' && this.#proposal.value === this.#unchanged],
      ['roster', changed && this.#roster.input.value.trim() === ''],
      ['reach', isApproval && this.#unseen() !== undefined],
      ['rows', isDestructive && countOf(this.#rows.input) === undefined],
      ['passphrase', !this.#isOpen() && this.#passphrase.input.value === ''],
    ];
    return found.filter(([, isLacking]) => isLacking).map(([lack]) => lack);
  }

  async #act(): Promise<void> {
    if (this.#isBusy || this.#lackList().length > 0) return;
    this.#isBusy = true;
    fill(this.#trouble);
    this.update();
    try {
      const wish = this.#wish();
      rehearse(this.#matter, wish);
      const signer = await this.#signer();
      // Whoever closed the request while the key was opened does not sign it.
      if (!this.element.isConnected) return;
      this.#signed(await sign(this.#matter, wish, signer));
    } catch (thrown) {
      if (!this.#late.take(thrown)) fill(this.#trouble, failureBox(thrown));
    } finally {
      this.#isBusy = false;
      this.update();
    }
    // The button was disabled meanwhile and lost the focus; what is to be typed again has it, where there is such.
    if (!this.#isOpen()) this.#passphrase.input.focus();
  }

  async #signer(): Promise<Signer> {
    const { key, files } = this.#matter;
    const open = this.#vault.signer(key.name);
    if (open !== undefined) return open;
    const typed = this.#passphrase.input.value;
    this.#passphrase.input.value = '';
    return this.#vault.unlock(key, typed, files.isDemo);
  }

  /** @throws WordingError `time/…`; PageError `page/count` */
  #wish(): Wish {
    const { reviewed } = this.#matter;
    const choice = this.#choice ?? 'deny';
    const note = this.#note.value.trim();
    const conditions = choice === 'approve' ? this.#conditionsTyped() : undefined;
    const { engine } = reviewed.shown.request.target;
    return {
      choice,
      rowsConfirmed: countOf(this.#rows.input),
      rosterConfirmed: countOf(this.#roster.input) === reviewed.review.chain.number,
      ...(note === '' ? {} : { note }),
      ...(conditions === undefined ? {} : { conditions }),
      ...(choice === 'amend' ? { proposal: proposedStatements(this.#proposal.value, engine) } : {}),
    };
  }

  #conditionsTyped(): Conditions | undefined {
    const rowsMax = this.#rowsMaxTyped();
    const [notBefore, notAfter] = [timeOf(this.#notBefore.input), timeOf(this.#notAfter.input)];
    if (rowsMax === undefined && notBefore === undefined && notAfter === undefined) return undefined;
    return {
      ...(rowsMax === undefined ? {} : { rowsMax }),
      ...(notBefore === undefined ? {} : { notBefore }),
      ...(notAfter === undefined ? {} : { notAfter }),
    };
  }

  /** @throws PageError `page/count` */
  #rowsMaxTyped(): number | undefined {
    const { input } = this.#rowsMax;
    if (input.value.trim() === '') return undefined;
    const rowsMax = countOf(input);
    if (rowsMax === undefined) throw new PageError('page/count', 'a limit of rows that is no whole number');
    return rowsMax;
  }
}
