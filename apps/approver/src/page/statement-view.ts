import type { Statement } from '@countersign/messages';
import type { Dialect, Hazard } from '@countersign/sql';
import { codeLines, hazardTexts } from '@countersign/wording';
import { highlight, type TokenKind } from '../core/highlight.ts';
import { texts } from './catalogue/index.ts';
import { h, type Child } from './dom.ts';
import { spanNodes } from './render.ts';

/** One piece of one line: its raw text, its colour, and the hazard it is a part of. */
interface Piece {
  readonly text: string;
  readonly kind: TokenKind;
  readonly isHazard: boolean;
}

interface Line {
  readonly pieces: Piece[];
  /** Hazards whose first character stands in this line. */
  readonly hazards: Hazard[];
}

/**
 * Returns a statement line by line with its numbers: coloured by its dialect, hidden characters by their numbers, every hazard marked
 * where it stands and named beneath that line. Long lines wrap, so that nothing stands off the screen.
 */
export function statementView(
  { sql }: Statement,
  dialect: Dialect,
  hazards: readonly Hazard[],
  label: string,
): HTMLElement {
  const placed = hazards.filter(({ length }) => length > 0);
  const whole = hazards.filter(({ length }) => length === 0);
  const lines = linesOf(sql, dialect, placed);
  return h(
    'figure',
    { class: 'statement', 'aria-label': label },
    h('ol', { class: 'code' }, ...lines.map(lineNode)),
    whole.length === 0
      ? null
      : h(
          'div',
          { class: 'whole' },
          h('p', { class: 'muted small' }, texts.statement.whole),
          ...whole.map(hazardNote),
        ),
  );
}

function lineNode({ pieces, hazards }: Line): HTMLElement {
  return h(
    'li',
    {},
    h('code', {}, ...pieces.map(pieceNode)),
    hazards.length === 0 ? null : h('div', { class: 'hazards' }, ...hazards.map(hazardNote)),
  );
}

function pieceNode({ text, kind, isHazard }: Piece): Child {
  const [line = []] = codeLines(text);
  const shown = spanNodes(line);
  const coloured = kind === 'other' ? shown : [h('span', { class: `sql-${kind}` }, ...shown)];
  return isHazard ? h('mark', {}, ...coloured) : coloured;
}

function hazardNote({ code }: Hazard): HTMLElement {
  return h(
    'p',
    { class: 'hazard' },
    h('span', { class: 'mark', 'aria-hidden': 'true' }, '▲'),
    h('span', { class: 'sr' }, `${texts.marks['!']}: `),
    hazardTexts[code],
    ' ',
    h('code', { class: 'muted' }, code),
  );
}

function linesOf(sql: string, dialect: Dialect, hazards: readonly Hazard[]): readonly Line[] {
  const lines: Line[] = [{ pieces: [], hazards: [] }];
  const begins = new Map<number, Hazard[]>();
  for (const hazard of hazards) begins.set(hazard.offset, [...(begins.get(hazard.offset) ?? []), hazard]);
  const cuts = cutsOf(sql, hazards);
  let cut = 0;
  let covered = 0;
  for (const { kind, start, end } of highlight(sql, dialect)) {
    for (let at = start; at < end;) {
      while ((cuts[cut] ?? Infinity) <= at) cut += 1;
      const until = Math.min(end, cuts[cut] ?? end);
      for (const hazard of begins.get(at) ?? []) {
        lines.at(-1)?.hazards.push(hazard);
        covered = Math.max(covered, hazard.offset + hazard.length);
      }
      const text = sql.slice(at, until);
      if (text === '\n') lines.push({ pieces: [], hazards: [] });
      else lines.at(-1)?.pieces.push({ text, kind, isHazard: at < covered });
      at = until;
    }
  }
  return lines;
}

/** Places where a piece must end whatever its colour: hazards, and line ends on both sides. */
function cutsOf(sql: string, hazards: readonly Hazard[]): readonly number[] {
  const cuts = new Set(hazards.flatMap(({ offset, length }) => [offset, offset + length]));
  for (let at = sql.indexOf('\n'); at !== -1; at = sql.indexOf('\n', at + 1)) cuts.add(at).add(at + 1);
  return [...cuts].toSorted((a, b) => a - b);
}
