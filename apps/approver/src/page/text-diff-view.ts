import { codeLines } from '@countersign/wording';
import { diffLines } from '../core/text-diff.ts';
import { texts } from './catalogue/index.ts';
import { h } from './dom.ts';
import { spanNodes } from './render.ts';

const marks = { removed: '−', added: '+', same: ' ' } as const;

/** Returns two texts as one list of lines, each with its mark; null where there is none. */
export function textDiffView(before: string | null, after: string | null): HTMLElement {
  const lines = diffLines(before ?? '', after ?? '').filter(
    ({ kind }) => !(kind === 'removed' && before === null) && !(kind === 'added' && after === null),
  );
  if (before === after) return h('p', { class: 'muted' }, texts.diff.nothing);
  return h(
    'ol',
    { class: 'text-diff', 'aria-label': texts.diff.label },
    ...lines.map(({ kind, text }) =>
      h(
        'li',
        { class: kind },
        h('span', { class: 'mark', 'aria-hidden': 'true' }, marks[kind]),
        kind === 'same' ? null : h('span', { class: 'sr' }, `${texts.diff[kind]}: `),
        h('code', {}, ...codeLines(text).flatMap(spanNodes)),
      ),
    ),
  );
}
