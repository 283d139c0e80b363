import type { Setting } from '@countersign/diff';
import { bullet, warning } from './blocks.ts';
import type { Block, Section } from './document.ts';
import type { Notes } from './notes.ts';
import { section } from './origin-sections.ts';
import type { LastingReview } from './shown-review.ts';
import { harmlessSpans, say } from './spans.ts';
import { showName } from './value.ts';

/** What each mode of a lock keeps others from. */
const modeTexts: ReadonlyMap<string, string> = new Map([
  ['ACCESS EXCLUSIVE', 'nobody else can read or change it'],
  ['EXCLUSIVE', 'others can only read it'],
  ['SHARE ROW EXCLUSIVE', 'others can read it, not change its rows'],
  ['SHARE', 'others can read it, not change its rows'],
  ['SHARE UPDATE EXCLUSIVE', 'others can read and change its rows, not its schema'],
]);

/** Returns which tables the dry run saw locked and written anew; undefined where it saw none. */
export function locksSection({ diff }: LastingReview, notes: Notes): Section | undefined {
  const settings = diff?.environment ?? [];
  const locks = settings.flatMap((setting) => about(setting, 'lock ', lockBlock));
  const rewrites = settings.flatMap((setting) => about(setting, 'rewrite ', rewriteBlock));
  if (locks.length + rewrites.length === 0) return undefined;
  return section('locks', [warning(notes, 'effect/locks'), ...locks, ...rewrites]);
}

function about(
  [name, value]: Setting,
  prefix: string,
  make: (name: string, value: string) => Block,
): readonly Block[] {
  return name.startsWith(prefix) ? [make(name.slice(prefix.length), value)] : [];
}

function lockBlock(name: string, mode: string): Block {
  const text = modeTexts.get(mode);
  return bullet(
    say(showName(name), 'strong'),
    say(': '),
    ...harmlessSpans(mode, mode === 'ACCESS EXCLUSIVE' ? 'danger' : 'warning'),
    say(text === undefined ? '' : `: ${text}`),
  );
}

function rewriteBlock(name: string, kind: string): Block {
  return bullet(
    say(showName(name), 'strong'),
    say(': the whole '),
    ...harmlessSpans(kind),
    say(' is written anew'),
  );
}
