import type { Block, Section, Span } from '@countersign/wording';
import { texts } from './catalogue/index.ts';
import { h, type Child } from './dom.ts';

/** Returns spans as nodes; what a role means stands in the text or a mark as well as in its colour. */
export function spanNodes(spans: readonly Span[]): readonly Child[] {
  return spans.map(({ role, text }) => {
    switch (role) {
      case 'plain':
        return text;
      case 'strong':
        return h('strong', {}, text);
      case 'escape':
        return h('span', { class: 'escape', title: texts.escape }, text);
      default:
        return h('span', { class: `role-${role}` }, text);
    }
  });
}

type Of<K extends Block['kind']> = Extract<Block, { readonly kind: K }>;

/** Draws the blocks that a view draws in a way of its own; undefined leaves one to this file. */
export type DrawBlock = (block: Of<'code'> | Of<'row'>) => Child;

/** Returns the blocks of a section in their order. Fields in a row are one list, lines in a row another. */
export function blockNodes(blocks: readonly Block[], draw: DrawBlock): readonly HTMLElement[] {
  const nodes: HTMLElement[] = [];
  let fields: HTMLElement | undefined;
  let lines: HTMLElement | undefined;
  for (const block of blocks) {
    if (block.kind !== 'field') fields = undefined;
    if (block.kind !== 'line') lines = undefined;
    switch (block.kind) {
      case 'field':
        if (fields === undefined) nodes.push((fields = h('div', { class: 'fields' })));
        fields.append(fieldNode(block));
        break;
      case 'line':
        if (lines === undefined) nodes.push((lines = h('ul', { class: 'lines' })));
        lines.append(lineNode(block));
        break;
      case 'code':
      case 'row':
        nodes.push(h('div', { class: 'drawn' }, draw(block)));
        break;
    }
  }
  return nodes.filter((node) => node.textContent !== '' || node.querySelector('canvas') !== null);
}

function fieldNode({ label, value }: Of<'field'>): HTMLElement {
  return h(
    'div',
    { class: label === '' ? 'field bare' : 'field' },
    label === '' ? null : h('span', { class: 'label' }, label),
    h('span', { class: 'value' }, ...spanNodes(value)),
  );
}

const lineClasses = { '✓': 'good', '!': 'warning', '✗': 'danger', '•': 'item', ' ': 'plain' } as const;

function lineNode({ mark, spans }: Of<'line'>): HTMLElement {
  const said = texts.marks[mark];
  const worst = spans.some(({ role }) => role === 'danger') ? 'danger' : lineClasses[mark];
  return h(
    'li',
    { class: `line ${mark === '!' ? worst : lineClasses[mark]}` },
    h('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
    said === '' ? null : h('span', { class: 'sr' }, `${said}: `),
    h('span', {}, ...spanNodes(spans)),
  );
}

/** Returns how many lines of a section warn. */
export function warningsIn({ blocks }: Section): number {
  return blocks.filter((block) => block.kind === 'line' && (block.mark === '!' || block.mark === '✗')).length;
}
