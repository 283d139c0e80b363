import type { OrdinaryVerdict, Quorum } from '@countersign/messages';
import { field, line, warning } from './blocks.ts';
import { kindTexts } from './catalogue/labels.ts';
import { placeSpans } from './decision-sections.ts';
import type { Section, Span } from './document.ts';
import type { Notes } from './notes.ts';
import { section } from './origin-sections.ts';
import { formatQuantity } from './quantity.ts';
import type { LastingReview } from './shown-review.ts';
import { harmlessSpans, say } from './spans.ts';

/**
 * Returns that an emergency was declared, by whom, and what that changed by the word of the executor; undefined when none
 * was. It stands before everything else.
 */
export function emergencySection(
  { request, submission, requester }: LastingReview,
  notes: Notes,
): Section | undefined {
  const { breakGlass: ordinary, policy } = request;
  if (submission.breakGlass === undefined && ordinary === undefined) return undefined;
  const change = ordinary === undefined ? '' : `: ${changeText(policy.quorum, ordinary)}`;
  return section('emergency', [
    line(
      say('Declared an emergency by ', 'danger'),
      ...harmlessSpans(requester.name, 'danger'),
      say(` (${kindTexts[requester.kind]})${change}.`, 'danger'),
    ),
    field('Asked now', ...quorumSpans(policy.quorum)),
    ...(ordinary === undefined ? [] : [field('Otherwise', ...otherwiseSpans(ordinary))]),
    warning(notes, 'request/break-glass', { role: 'danger' }),
  ]);
}

function changeText(now: Quorum, { decision, quorum }: OrdinaryVerdict): string {
  const asked = `policy asks for ${formatQuantity(personsOf(now), 'person')}`;
  switch (decision) {
    case 'allow':
      return `${asked} for what otherwise runs unasked`;
    case 'deny':
      return `${asked} for what it denies otherwise`;
    case 'require':
      if (sameQuorum(now, quorum)) return `${asked}, as it does otherwise`;
      return personsOf(now) === personsOf(quorum)
        ? `${asked}, in other roles or another order than otherwise`
        : `${asked} instead of ${personsOf(quorum)}`;
  }
}

function personsOf(quorum: Quorum): number {
  return quorum.flat().reduce((sum, { count }) => sum + count, 0);
}

function sameQuorum(a: Quorum, b: Quorum): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function otherwiseSpans({ decision, quorum }: OrdinaryVerdict): readonly Span[] {
  switch (decision) {
    case 'allow':
      return [say('it runs unasked')];
    case 'deny':
      return [say('policy denies it', 'danger')];
    case 'require':
      return quorumSpans(quorum);
  }
}

function quorumSpans(quorum: Quorum): readonly Span[] {
  return quorum.flatMap((step, index) => [say(index === 0 ? '' : ', then '), ...placeSpans(step)]);
}
