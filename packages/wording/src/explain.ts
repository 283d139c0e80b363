import { bundleExplanations } from './catalogue/bundle-explanations.ts';
import { decisionExplanations } from './catalogue/decision-explanations.ts';
import type { Explanation } from './catalogue/explanation.ts';
import { formatExplanations } from './catalogue/format-explanations.ts';
import { hazardTexts } from './catalogue/hazards.ts';
import { reviewWarningTexts, warningTexts } from './catalogue/warnings.ts';
import type { Document } from './document.ts';
import { harmless } from './harmless.ts';
import { harmlessSpans, say } from './spans.ts';
import { section } from './origin-sections.ts';
import { WordingError } from './wording-error.ts';

const readOn = 'Read the place that it is about before you decide.';

const explanations: ReadonlyMap<string, Explanation> = new Map([
  ...[decisionExplanations, bundleExplanations, formatExplanations].flatMap((part) =>
    Object.entries(part).map(([code, [sentence, next]]): [string, Explanation] => [code, { sentence, next }]),
  ),
  ...Object.entries({ ...warningTexts, ...reviewWarningTexts }).map(
    ([code, sentence]): [string, Explanation] => [code, { sentence, next: readOn }],
  ),
  ...Object.entries(hazardTexts).map(([hazard, sentence]): [string, Explanation] => [
    `hazard/${hazard}`,
    { sentence, next: readOn },
  ]),
]);

/**
 * Returns what a code that an approver can meet means and what to do next: the words for exactly this code, else those
 * for all codes with the same first part.
 * @throws WordingError explain/unknown-code
 */
export function explain(code: string): Explanation {
  const explanation = explanations.get(code) ?? explanations.get(code.split('/', 1)[0] ?? '');
  if (explanation !== undefined) return explanation;
  throw new WordingError(
    'explain/unknown-code',
    'there are no words for this code, expected one of the catalogue',
  );
}

/**
 * Returns the document of a refusal: what was refused, why, and what to do next. `message` is the text of the error.
 * @throws WordingError explain/unknown-code
 */
export function describeRefusal(what: string, code: string, message: string): Document {
  const { sentence, next } = explain(code);
  return {
    title: `${harmless(what)}: refused`,
    depth: 'full',
    sections: [
      section('refusal', [
        { kind: 'line', mark: '✗', spans: [say(sentence, 'danger')] },
        { kind: 'field', label: 'Next', value: [say(next, 'strong')] },
        { kind: 'field', label: 'Code', value: harmlessSpans(code) },
        { kind: 'field', label: 'In detail', value: harmlessSpans(message, 'muted') },
      ]),
    ],
    warnings: [],
    confirmRows: null,
    leftOut: { rows: 0, bytes: 0 },
  };
}
