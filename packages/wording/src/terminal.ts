import type { Block, CellChange, Document, Role, Section, Span } from './document.ts';
import { displayWidth } from './display-width.ts';
import { formatBytes, formatQuantity } from './quantity.ts';
import { say } from './spans.ts';
import { wrapSpans } from './wrapping.ts';
import { WordingError } from './wording-error.ts';

/** How a document is written for a terminal. */
export interface TerminalLook {
  /** Whether roles are coloured; nothing is said by colour alone. */
  readonly colour: boolean;
  /** Columns, 40 or more. */
  readonly width: number;
}

const widthMin = 40;
const indent = 2;
const labelWidth = 14;

const colours: Readonly<Record<Role, string>> = {
  plain: '',
  muted: '2',
  strong: '1',
  good: '32',
  warning: '33',
  danger: '1;31',
  added: '32',
  removed: '31',
  changed: '33',
  escape: '7',
};

/**
 * Returns a document as lines parted by LF, none wider than asked for and none with a control character but those of
 * our colours.
 * @throws WordingError render/width
 */
export function renderTerminal(document: Document, look: TerminalLook): string {
  if (!Number.isInteger(look.width) || look.width < widthMin) {
    throw new WordingError('render/width', `width is ${look.width} columns, expected at least ${widthMin}`);
  }
  const lines = [
    ...wrapSpans([say(document.title, 'strong')], look.width),
    ...document.sections.flatMap((section) => sectionLines(section, look.width)),
    ...closingLines(document, look.width),
  ];
  return lines.map((line) => paint(line, look.colour)).join('\n') + '\n';
}

function paint(line: readonly Span[], colour: boolean): string {
  return line
    .map(({ role, text }) =>
      colour && colours[role] !== '' ? `\u001B[${colours[role]}m${text}\u001B[0m` : text,
    )
    .join('');
}

type Lines = readonly (readonly Span[])[];

function sectionLines({ title, blocks }: Section, width: number): Lines {
  const rule = '─'.repeat(Math.max(0, width - displayWidth(title) - 4));
  const heading = [say('── ', 'muted'), say(title, 'strong'), say(` ${rule}`, 'muted')];
  return [[], heading, ...blocks.flatMap((block) => blockLines(block, width))];
}

function blockLines(block: Block, width: number): Lines {
  switch (block.kind) {
    case 'field':
      return hang(say(block.label.padEnd(labelWidth), 'muted'), block.value, width);
    case 'line':
      return block.mark === ' '
        ? hang(say(''), block.spans, width)
        : hang(say(`${block.mark} `), block.spans, width);
    case 'code':
      return codeBlock(block.lines, width);
    case 'row':
      return rowBlock(block, width);
  }
}

// Writes `first`, then the spans beside it, with the lines that follow under their beginning.
function hang(first: Span, spans: readonly Span[], width: number, margin: number = indent): Lines {
  const offset = margin + displayWidth(first.text);
  return wrapSpans(spans, width - offset).map((line, index) =>
    index === 0 ? [say(' '.repeat(margin)), first, ...line] : [say(' '.repeat(offset)), ...line],
  );
}

// Every line has its number; what is wrapped goes on behind a sign, so that no wrapped line can pass for a new one.
function codeBlock(lines: Lines, width: number): Lines {
  const digits = String(lines.length).length;
  return lines.flatMap((line, index) => {
    const number = String(index + 1).padStart(digits);
    const margin = ' '.repeat(indent);
    return wrapSpans(line, width - indent - digits - 3).map((part, place) => [
      say(place === 0 ? `${margin}${number} │ ` : `${margin}${' '.repeat(digits)} ┊ `, 'muted'),
      ...part,
    ]);
  });
}

const markRoles = { '+': 'added', '-': 'removed', '~': 'changed' } as const;
const markTexts = { '+': '+ ', '-': '− ', '~': '~ ' } as const;

function rowBlock({ mark, title, cells }: Extract<Block, { kind: 'row' }>, width: number): Lines {
  const changed = cells.filter((cell) => cell.changed);
  const same = cells.filter((cell) => !cell.changed && !cell.isKey);
  const longest = Math.min(24, Math.max(0, ...changed.map((cell) => displayWidth(cell.column))));
  return [
    ...hang(say(markTexts[mark], markRoles[mark]), title, width),
    ...changed.flatMap((cell) => {
      const label = `${cell.column}${' '.repeat(Math.max(0, longest - displayWidth(cell.column)))}  `;
      // A name too long to stand beside its value would leave the value no room.
      return displayWidth(label) > longest + 2
        ? hang(say(''), [say(`${cell.column}  `), ...changeSpans(cell)], width, indent + 4)
        : hang(say(label), changeSpans(cell), width, indent + 4);
    }),
    ...(same.length === 0 ? [] : hang(say('unchanged: ', 'muted'), sameSpans(same), width, indent + 4)),
  ];
}

function changeSpans({ before, after }: CellChange): readonly Span[] {
  const old = (before ?? []).map((span) =>
    span.role === 'plain' ? { ...span, role: 'removed' as const } : span,
  );
  const now = (after ?? []).map((span) =>
    span.role === 'plain' ? { ...span, role: 'added' as const } : span,
  );
  return before === null || after === null ? [...old, ...now] : [...old, say(' → '), ...now];
}

function sameSpans(cells: readonly CellChange[]): readonly Span[] {
  return cells.flatMap((cell, index) => [
    say(`${index === 0 ? '' : ', '}${cell.column} = `, 'muted'),
    ...(cell.after ?? cell.before ?? []),
  ]);
}

function closingLines(document: Document, width: number): Lines {
  const { rows, bytes } = document.leftOut;
  const lines: (readonly Span[])[] = [[]];
  if (document.depth === 'summary') {
    const left = rows + bytes === 0 ? 'nothing' : `${formatQuantity(rows, 'row')} and ${formatBytes(bytes)}`;
    const text = `This is a summary; it leaves out ${left}. Only the full view can be approved.`;
    lines.push(...wrapSpans([say(text, 'warning')], width));
  } else if (rows > 0) {
    const text = `${formatQuantity(rows, 'changed row')} did not come with the request and cannot be shown.`;
    lines.push(...wrapSpans([say(text, 'danger')], width));
  }
  if (document.confirmRows !== null) {
    const text = `Rows or objects are lost: to approve, type the number of rows, ${document.confirmRows}.`;
    lines.push(...wrapSpans([say(text, 'danger')], width));
  }
  return lines.length === 1 ? [] : lines;
}
