import type { SchemaChange } from '@countersign/diff';
import {
  explain,
  formatMoment,
  formatRelative,
  harmless,
  harmlessSpans,
  type Document,
  type Section,
} from '@countersign/wording';
import { lateRefusal } from '../core/decide.ts';
import type { ReviewedRequest } from '../core/review-request.ts';
import { texts } from './catalogue/index.ts';
import { button, h, type Child } from './dom.ts';
import type { RowBlock } from './cell-room.ts';
import { LineReach, type Reach } from './reach.ts';
import { blockNodes, spanNodes, warningsIn, type DrawBlock } from './render.ts';
import { renew } from './renew.ts';
import { RowGrid } from './row-grid.ts';
import { statementView } from './statement-view.ts';
import { textDiffView } from './text-diff-view.ts';

/** A request on the screen. */
export interface ReviewView {
  readonly element: HTMLElement;
  /** What must have been on the screen before it is approved. */
  readonly reaches: readonly Reach[];
  /** Draws what reads otherwise at a later moment. A section that is the same object as before is left alone. */
  readonly renew: (reviewed: ReviewedRequest, document: Document) => void;
}

/** What a request on the screen tells the page. */
export interface ReviewActs {
  /** More rows were on the screen. */
  readonly reached: () => void;
  readonly close: () => void;
}

/** Draws everything that is known about a request, in reading order, and `decision` behind it. Nothing but the document is drawn. */
export function reviewView(
  reviewed: ReviewedRequest,
  document: Document,
  acts: ReviewActs,
  decision: HTMLElement,
): ReviewView {
  const { reached, close } = acts;
  const grids: RowGrid[] = [];
  const sections = document.sections.map((section) => sectionNode(section, reviewed, reached, grids));
  const schema = sections.find(({ id }) => id === schemaId);
  const [list, head] = [contents(document, decision), summary(reviewed, document)];
  const element = h(
    'div',
    { class: 'review' },
    list,
    h(
      'div',
      { class: 'reading' },
      head,
      ...sections,
      decision,
      h('p', { class: 'actions' }, button(texts.review.back, close, { class: 'quiet' })),
    ),
  );
  const lines = schema === undefined ? [] : [new LineReach(schema.querySelectorAll('li'), reached)];
  let drawn = document.sections;
  return {
    element,
    reaches: [...grids, ...lines],
    renew(later, anew): void {
      renew(list, contents(anew, decision));
      renew(head, summary(later, anew));
      for (const [index, section] of anew.sections.entries()) {
        const node = sections[index];
        if (node !== undefined && section !== drawn[index])
          renew(node, sectionNode(section, later, reached, []));
      }
      drawn = anew.sections;
    },
  };
}

const schemaId = 'section-schema';

function contents({ sections }: Document, decision: HTMLElement): HTMLElement {
  const items = sections.map((section) => {
    const warnings = warningsIn(section);
    return h(
      'li',
      {},
      button([section.title, badge(warnings)], () => goTo(sectionId(section)), { class: 'link' }),
    );
  });
  const last = h(
    'li',
    {},
    button(texts.review.decide, () => goTo(decision.id), { class: 'link strong' }),
  );
  return h('nav', { class: 'contents', 'aria-label': texts.review.contents }, h('ol', {}, ...items, last));
}

function badge(warnings: number): Child {
  if (warnings === 0) return null;
  return [
    h('span', { class: 'badge', 'aria-hidden': 'true' }, `! ${warnings}`),
    h('span', { class: 'sr' }, texts.review.section(warnings)),
  ];
}

function goTo(id: string): void {
  const target = window.document.getElementById(id);
  target?.scrollIntoView({ block: 'start' });
  target?.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true });
}

function sectionId({ id }: Section): string {
  return `section-${id}`;
}

function summary({ shown }: ReviewedRequest, { title, sections }: Document): HTMLElement {
  const { request, requester, requestWords, now } = shown;
  const verdict = firstOf(sections, 'checks');
  const emergency = firstOf(sections, 'emergency');
  const late = lateRefusal(shown);
  return h(
    'header',
    { class: 'summary' },
    h('h1', { tabindex: -1 }, title),
    emergency.length === 0
      ? null
      : h('div', { class: 'verdict danger' }, ...blockNodes(emergency, () => null)),
    h(
      'p',
      { class: 'lead' },
      h('strong', {}, ...spanNodes(harmlessSpans(request.target.name))),
      ` (${request.target.engine}) ${texts.review.by} `,
      h('strong', {}, ...spanNodes(harmlessSpans(requester.name))),
      ` · ${texts.review.rows(request.effect.rows)} · ${texts.review.until} ${formatMoment(request.reviewBy)}, `,
      formatRelative(request.reviewBy, now),
    ),
    h('p', { class: 'words' }, h('span', { class: 'muted' }, `${texts.review.aloud}: `), requestWords),
    h(
      'div',
      { class: verdictClass(shown) },
      ...blockNodes(verdict, () => null),
      late === undefined ? null : h('p', {}, explain(late.code).sentence),
    ),
  );
}

/** The first block of a section, where there is such a section. */
function firstOf(sections: readonly Section[], id: Section['id']): Section['blocks'] {
  return sections.find((section) => section.id === id)?.blocks.slice(0, 1) ?? [];
}

function verdictClass({ checks }: ReviewedRequest['shown']): string {
  if (checks.some(({ outcome }) => outcome === 'failed')) return 'verdict danger';
  return checks.every(({ outcome }) => outcome === 'passed') ? 'verdict good' : 'verdict warning';
}

function sectionNode(
  section: Section,
  reviewed: ReviewedRequest,
  reached: () => void,
  grids: RowGrid[],
): HTMLElement {
  const id = sectionId(section);
  // The verdict stands in the summary.
  const blocks = section.id === 'checks' ? section.blocks.slice(1) : section.blocks;
  return h(
    'section',
    { id, class: `section ${section.id}`, 'aria-labelledby': `${id}-title` },
    h('h2', { id: `${id}-title`, tabindex: -1 }, section.title),
    h('div', { class: 'blocks' }, ...contentOf({ ...section, blocks }, reviewed, reached, grids)),
  );
}

function contentOf(
  section: Section,
  reviewed: ReviewedRequest,
  reached: () => void,
  grids: RowGrid[],
): readonly Child[] {
  switch (section.id) {
    case 'what':
      return blockNodes(section.blocks, drawStatements(reviewed));
    case 'schema':
      return [
        ...blockNodes(section.blocks.filter(isNoSchemaText), () => null),
        ...(reviewed.shown.diff?.schema ?? []).map(schemaNode),
      ];
    case 'changes': {
      const rest = blockNodes(
        section.blocks.filter(({ kind }) => kind !== 'row'),
        () => null,
      );
      const rows = section.blocks.filter((block) => block.kind === 'row');
      grids.push(...gridsOf(reviewed, rows, reached));
      return [...rest, ...grids.map(({ element }) => element)];
    }
    default:
      return blockNodes(section.blocks, () => null);
  }
}

/** The code blocks of the statements stand in the order of the statements. */
function drawStatements({ shown }: ReviewedRequest): DrawBlock {
  const { request, facts } = shown;
  const read = facts.here ?? facts.signed;
  const hazards = [...read.statements.flatMap((one) => one.hazards), ...read.hazards];
  let index = 0;
  return () => {
    const text = index;
    index += 1;
    const statement = request.statements[text];
    if (statement === undefined) return null;
    const own = hazards.filter((hazard) => hazard.text === text);
    return statementView(statement, request.target.engine, own, texts.statement.label(text + 1));
  };
}

/** The rows of the document are those of the diff, table by table. */
function gridsOf(
  { shown }: ReviewedRequest,
  rows: readonly RowBlock[],
  reached: () => void,
): readonly RowGrid[] {
  let at = 0;
  return (shown.diff?.tables ?? []).flatMap(({ table, changes }) => {
    const own = rows.slice(at, at + changes.length);
    at += own.length;
    return own.length === 0 ? [] : [new RowGrid(harmless(table), own, reached)];
  });
}

/** The texts before and after are drawn as one difference instead. */
function isNoSchemaText(block: Section['blocks'][number]): boolean {
  if (block.kind === 'code') return false;
  return !(block.kind === 'line' && block.mark === ' ' && block.spans.length === 1);
}

function schemaNode({ object, name, before, after }: SchemaChange): HTMLElement {
  return h(
    'div',
    { class: 'schema-change' },
    h('h3', {}, `${object} `, ...spanNodes(harmlessSpans(name))),
    textDiffView(before, after),
  );
}
