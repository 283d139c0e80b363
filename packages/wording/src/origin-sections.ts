import { reviewWarningTexts } from './catalogue/warnings.ts';
import { toHex } from '@countersign/codec';
import { claimNames, type ClaimName } from '@countersign/messages';
import { bullet, field, foreignField, line, warning } from './blocks.ts';
import {
  checkTexts,
  claimTexts,
  kindTexts,
  missingTexts,
  sectionTitles,
  skippedTexts,
} from './catalogue/labels.ts';
import type { Block, Section, SectionId } from './document.ts';
import type { Notes } from './notes.ts';
import { findLookAlikes } from './look-alike.ts';
import { hasHidden, hasRightToLeft } from './harmless.ts';
import { formatQuantity } from './quantity.ts';
import type { Check, LastingReview, ShownReview } from './shown-review.ts';
import { rosterChangeBlocks } from './roster-change.ts';
import { harmlessSpans, say } from './spans.ts';

/** Returns a section under its title. */
export function section(id: SectionId, blocks: readonly Block[]): Section {
  return { id, title: sectionTitles[id], blocks };
}

/** Returns what this machine checked, the failures first, and how the request is named. */
export function checksSection(review: ShownReview, notes: Notes): Section {
  const order = { failed: 0, missing: 1, skipped: 2, passed: 3 };
  const checks = review.checks.toSorted((left, right) => order[left.outcome] - order[right.outcome]);
  const blocks = checks.map(checkBlock);
  blocks.unshift(verdictBlock(checks, notes));
  for (const code of review.warnings) {
    notes.warn(code);
    blocks.push({ kind: 'line', mark: '!', spans: [say(reviewWarningTexts[code], 'warning')] });
  }
  if (review.rosterChange !== undefined) blocks.push(...rosterChangeBlocks(review.rosterChange, notes));
  blocks.push(
    field('Request', say(toHex(review.request.id))),
    field('Its hash', say(toHex(review.requestHash))),
    field('Read aloud', ...harmlessSpans(review.requestWords, 'strong')),
  );
  return section('checks', blocks);
}

function verdictBlock(checks: readonly Check[], notes: Notes): Block {
  const count = (outcome: Check['outcome']): number =>
    checks.filter((check) => check.outcome === outcome).length;
  const [failed, missing, skipped] = [count('failed'), count('missing'), count('skipped')];
  if (skipped > 0) notes.warn('check/skipped');
  if (missing > 0) notes.warn('check/missing');
  if (failed > 0) return warning(notes, 'check/failed', { role: 'danger' });
  if (missing > 0) return warning(notes, 'check/missing', { role: 'danger' });
  if (skipped === 0) return line(say(`All ${formatQuantity(checks.length, 'check')} passed.`, 'good'));
  const rest = `${formatQuantity(skipped, 'check')} could not be made`;
  return line(say(`${formatQuantity(count('passed'), 'check')} passed, ${rest}.`, 'warning'));
}

function checkBlock(check: Check): Block {
  switch (check.outcome) {
    case 'passed':
      return { kind: 'line', mark: '✓', spans: [say(checkTexts[check.name], 'good')] };
    case 'skipped':
      return { kind: 'line', mark: '!', spans: [say(skippedTexts[check.name], 'warning')] };
    case 'missing':
      return { kind: 'line', mark: '!', spans: [say(missingText(check.name), 'danger')] };
    case 'failed': {
      const code = harmlessSpans(check.code ?? 'no code', 'danger');
      const text = say(`NOT so: ${checkTexts[check.name]} (`, 'danger');
      return { kind: 'line', mark: '✗', spans: [text, ...code, say(')', 'danger')] };
    }
  }
}

function missingText(name: Check['name']): string {
  return name === 'last-decision' ? missingTexts[name] : skippedTexts[name];
}

/** Returns who asks, and that it is no person where it is none. */
export function whoSection({ requester, requesterKey, submission }: LastingReview, notes: Notes): Section {
  const blocks: Block[] = [
    foreignField(notes, 'Name', requester.name, 'strong'),
    foreignField(notes, 'Id', requester.id),
    field('Is', say(kindTexts[requester.kind], requester.kind === 'human' ? 'plain' : 'warning')),
    foreignField(notes, 'Roles', requester.roles.join(', ')),
    ...(requesterKey === undefined
      ? []
      : [
          field('Signed with', ...harmlessSpans(requesterKey.words, 'strong')),
          field('Key', say(toHex(requesterKey.id), 'muted')),
        ]),
  ];
  const said = submission.context ?? [];
  const claims = said.filter(([name]) => isClaim(name));
  for (const [name, value] of said)
    blocks.push(
      isClaim(name)
        ? foreignField(notes, claimTexts[name], value)
        : foreignField(notes, 'Says', `${name} = ${value}`),
    );
  if (claims.length > 0) blocks.push(warning(notes, 'requester/claims'));
  for (const [, value] of claims) blocks.push(...textWarnings(value, notes));
  if (requester.kind === 'agent') blocks.push(warning(notes, 'requester/agent'));
  if (requester.kind === 'service') blocks.push(warning(notes, 'requester/service'));
  return section('who', blocks);
}

function isClaim(name: string): name is ClaimName {
  return claimNames.some((claim) => claim === name);
}

/** Returns the reason that was given, line by line. */
export function whySection({ submission }: LastingReview, notes: Notes): Section {
  const lines = submission.reason.split('\n').map((text): Block => foreignField(notes, '', text));
  return section('why', [...lines, ...textWarnings(submission.reason, notes)]);
}

/** Returns the target: database, engine, tags and the pinned settings of the session. */
export function whereSection({ request, origin }: LastingReview, notes: Notes): Section {
  const { target } = request;
  const blocks: Block[] = [
    foreignField(notes, 'Target', target.name, 'strong'),
    foreignField(notes, 'Engine', `${target.engine} ${target.serverVersion}`),
    ...(target.tags === undefined ? [] : [foreignField(notes, 'Tags', target.tags.join(', '))]),
    foreignField(notes, 'Executor', origin),
    field('Database', say(toHex(target.identity), 'muted')),
    field('Schema', say(toHex(target.schema), 'muted')),
    ...target.session.map(([name, value]) => foreignField(notes, 'Setting', `${name} = ${value}`)),
  ];
  if (request.follows !== undefined) {
    blocks.push(warning(notes, 'request/follows', { detail: [say(toHex(request.follows.id))] }));
  }
  return section('where', [...blocks, ...textWarnings(target.name, notes)]);
}

const lookAlikesShown = 20;

/** Returns the warnings that a text from outside deserves whatever it says. */
export function textWarnings(text: string, notes: Notes): readonly Block[] {
  const blocks: Block[] = [];
  if (hasHidden(text, 'allowed')) blocks.push(warning(notes, 'text/hidden-character', { role: 'danger' }));
  if (hasRightToLeft(text)) blocks.push(warning(notes, 'text/right-to-left'));
  const lookAlikes = findLookAlikes(text);
  if (lookAlikes.length > 0) blocks.push(warning(notes, 'text/look-alike', { role: 'danger' }));
  for (const { word, scripts } of lookAlikes.slice(0, lookAlikesShown)) {
    const numbers = Array.from(
      word,
      (letter) => `${letter}=U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
    );
    const foreign = numbers.filter((named) => (named.codePointAt(0) ?? 0) > 0x7e).join(' ');
    blocks.push(
      bullet(
        ...harmlessSpans(word, 'danger'),
        say(` (${scripts.join(' and ')}): `),
        ...harmlessSpans(foreign),
      ),
    );
  }
  if (lookAlikes.length > lookAlikesShown) {
    blocks.push(
      bullet(say(`and ${formatQuantity(lookAlikes.length - lookAlikesShown, 'more word')}`, 'danger')),
    );
  }
  return blocks;
}
