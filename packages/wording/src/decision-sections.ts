import { toHex } from '@countersign/codec';
import type { Conditions, Quorum } from '@countersign/messages';
import { bullet, field, foreignField, line, warning } from './blocks.ts';
import { choiceTexts, obligationTexts } from './catalogue/labels.ts';
import type { Block, Section, Span } from './document.ts';
import { formatRelative } from './duration.ts';
import type { Notes } from './notes.ts';
import { section } from './origin-sections.ts';
import { formatQuantity } from './quantity.ts';
import type { EarlierDecision, LastingReview, ShownReview } from './shown-review.ts';
import { harmlessSpans, say } from './spans.ts';
import { formatMoment } from './time.ts';

const soon = 900;
// Two clocks that are kept by hand may differ by this much.
const clockTolerance = 300;

/** Returns the rules that ask for approval, and their reason. */
export function policySection({ request }: LastingReview, notes: Notes): Section {
  const { policy } = request;
  return section('policy', [
    foreignField(notes, 'Reason', policy.reason),
    foreignField(notes, 'Rules', policy.rules.join(', ')),
    ...(policy.obligations ?? []).map(([name, value]) => {
      const label = obligationTexts.get(name);
      return label === undefined
        ? foreignField(notes, 'Met', `${name} = ${value}`)
        : foreignField(notes, label, value);
    }),
    field('Policy', say(toHex(policy.digest), 'muted')),
  ]);
}

/** Returns who must approve, who has decided, what they noted, and what is still missing. */
export function quorumSection({ request, earlier, quorum, now }: ShownReview, notes: Notes): Section {
  const blocks: Block[] = request.policy.quorum.map((step, index) => {
    const title = request.policy.quorum.length === 1 ? 'Needs' : `Step ${index + 1}`;
    return field(title, ...placeSpans(step));
  });
  for (const decision of earlier) blocks.push(...earlierBlocks(decision, now, notes));
  if (earlier.length === 0) blocks.push(line(say('Nobody has decided yet.', 'muted')));
  switch (quorum.state) {
    case 'open':
      blocks.push(field('Missing', say(`in step ${quorum.step + 1}: `), ...placeSpans(quorum.missing)));
      break;
    case 'complete':
      blocks.push(field('Missing', say('nobody', 'good')));
      break;
    case 'rejected':
      blocks.push(field('Missing', say('a denial has ended this request', 'danger')));
      break;
  }
  return section('quorum', blocks);
}

/** Returns the places of a step in words. */
export function placeSpans(step: Quorum[number]): readonly Span[] {
  return step.flatMap(({ role, count }, index) => [
    say(`${index === 0 ? '' : ' and '}${count} × `),
    ...harmlessSpans(role, 'strong'),
  ]);
}

function earlierBlocks(decision: EarlierDecision, now: number, notes: Notes): readonly Block[] {
  const role = decision.choice === 'approve' ? 'good' : 'danger';
  const step = decision.step === null ? '' : ` step ${decision.step + 1}`;
  const spans: readonly Span[] = [
    ...harmlessSpans(decision.person.name, 'strong'),
    say(' ('),
    ...harmlessSpans(decision.person.id),
    say(') '),
    say(`${choiceTexts[decision.choice]}${step}`, role),
    say(` ${formatRelative(decision.madeAt, now)}${conditionText(decision.conditions)}`),
  ];
  const note = decision.note?.split('\n').map((text) => foreignField(notes, '  note', text)) ?? [];
  return [bullet(...spans), ...note];
}

function conditionText(conditions: Conditions | undefined): string {
  if (conditions === undefined) return '';
  const { rowsMax, notBefore, notAfter } = conditions;
  const parts = [
    ...(rowsMax === undefined ? [] : [`at most ${formatQuantity(rowsMax, 'row')}`]),
    ...(notBefore === undefined ? [] : [`not before ${formatMoment(notBefore)}`]),
    ...(notAfter === undefined ? [] : [`not after ${formatMoment(notAfter)}`]),
  ];
  return `, if ${parts.join(', ')}`;
}

/** Returns when the request was made and until when it may be reviewed and run, by the clock of this machine. */
export function clocksSection({ request, now }: ShownReview, notes: Notes): Section {
  const moment = (label: string, at: number): Block =>
    field(label, say(formatMoment(at)), say(` (${formatRelative(at, now)})`, 'strong'));
  const blocks: Block[] = [
    moment('Made', request.madeAt),
    moment('Review by', request.reviewBy),
    moment('Run by', request.runBy),
    field('Clock here', say(formatMoment(now), 'muted')),
  ];
  if (request.madeAt > now + clockTolerance) blocks.push(warning(notes, 'clock/made-ahead'));
  if (now > request.reviewBy) blocks.push(warning(notes, 'clock/review-past', { role: 'danger' }));
  else if (request.reviewBy - now < soon) blocks.push(warning(notes, 'clock/review-soon'));
  return section('clocks', blocks);
}
