import type { Content } from '@countersign/ledger';

/** Returns in one line what an entry says; texts out of the ledger stand in it as they are. */
export function sayContent(content: Content): string {
  switch (content.type) {
    case 'genesis':
      return content.note.origin;
    case 'submission':
      return oneLine(content.signed.record.statements.map(({ sql }) => sql).join('; '));
    case 'verdict':
      return oneLine(`${content.note.decision}: ${content.note.rules.join(', ')}: ${content.note.reason}`);
    case 'request':
      return `${content.signed.record.effect.rows} rows on ${content.signed.record.target.name}`;
    case 'export':
      return content.note.medium;
    case 'decision':
      return oneLine(`${content.signed.record.choice} ${content.signed.record.note ?? ''}`);
    case 'refused-decision':
      return `${content.signed.record.choice} refused [${content.code}]`;
    case 'intent':
      return `attempt ${content.note.attempt}, ${content.note.decisions.length} decisions`;
    case 'receipt':
      return oneLine(`${content.signed.record.outcome} ${content.signed.record.detail ?? ''}`);
    case 'roster':
      return `number ${content.directory.roster.number}`;
    case 'policy':
      return content.note.files.map(([path]) => path).join(', ');
    case 'closed':
      return oneLine(`${content.note.kind}: ${content.note.reason}`);
    case 'witness':
      return `size ${content.note.size}`;
    case 'read':
      return `${content.note.outcome}, ${content.note.rows} rows, ${content.note.size} bytes`;
    case 'operator':
      return oneLine(`${content.note.verb} ${content.note.text}`);
    case 'erased':
      return 'erased';
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').trim();
}
