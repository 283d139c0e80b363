import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toHex } from '@countersign/codec';
import { verifyBundle } from '@countersign/ledger';
import { encodeApproverState, type ApproverState } from '@countersign/messages';
import { nodeVerifier } from '@countersign/program';
import { afterAll, expect, test } from 'vitest';
import { allLies } from '../model/lies.ts';
import { goodStory } from '../model/good-story.ts';
import { signerOf, storyAnchor } from '../model/story-cast.ts';
import { Story } from '../model/story.ts';
import {
  diffOf,
  effectOf,
  fewerRows,
  mayDrift,
  renamed,
  tolerant,
  withoutRows,
} from '../model/tolerant-story.ts';

// A second verifier in another language, written from docs/spec alone: it must come to the same verdict on every ledger.
const script = fileURLToPath(new URL('verify_bundle.py', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'interop-'));
afterAll(() => rmSync(folder, { recursive: true }));
const lies = allLies;
let files = 0;

function file(content: Uint8Array | string): string {
  files += 1;
  const path = join(folder, String(files));
  writeFileSync(path, content);
  return path;
}

function verifyInPython(
  bundle: Uint8Array,
  heads: readonly string[] = [],
  journals: readonly ApproverState[] = [],
): Record<string, unknown> {
  const args = [script, file(bundle), '--root', toHex(signerOf('root').publicKey)];
  for (const head of heads) args.push('--head', file(head));
  for (const journal of journals) args.push('--journal', file(encodeApproverState(journal)));
  const { stdout, stderr } = spawnSync('/usr/bin/python3', args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Record<string, unknown>;
}

test('there are enough lies', () => {
  expect(lies.length).toBeGreaterThanOrEqual(100);
});

test('an honest ledger', () => {
  const story = goodStory();
  const ours = verifyBundle(story.bundle(), { anchor: storyAnchor, verifier: nodeVerifier });
  const heads = [new Story().begin().head, story.head];
  const journals = [story.journal('carol'), story.journal('dave')];
  expect(verifyInPython(story.bundle(), heads, journals)).toEqual({
    ok: true,
    size: story.ledger.size,
    root: toHex(ours.root),
  });
});

test('an honest ledger with erased bodies', () => {
  const story = goodStory();
  for (const index of [3, 5, 10]) story.ledger.erase(index);
  const bytes = story.bundle();
  const ours = verifyBundle(bytes, { anchor: storyAnchor, verifier: nodeVerifier });
  expect(ours.notices).toHaveLength(3);
  expect(verifyInPython(bytes)).toMatchObject({ ok: true, size: story.ledger.size });
});

test('runs within the tolerance that was signed', () => {
  const drifted = effectOf(diffOf([renamed(1, 6), renamed(2, 7), renamed(3, 8)]));
  const one = effectOf(diffOf([renamed(2, 9)]));
  const story = new Story().begin();
  story.receipt(tolerant(story, mayDrift), { effect: drifted });
  story.receipt(tolerant(story, mayDrift), { effect: withoutRows(drifted) });
  story.receipt(tolerant(story, fewerRows, mayDrift), { effect: one });
  story.receipt(tolerant(story, mayDrift), { effect: null });
  const resolved = tolerant(story, mayDrift);
  story.receipt(resolved, { outcome: 'ambiguous', effect: null });
  story.receipt(resolved, { outcome: 'resolved-ran', effect: drifted });
  expect(verifyInPython(story.bundle())).toMatchObject({ ok: true, size: story.ledger.size });
});

test.each(lies)('$name', ({ bundle, heads, journals, code, index }) => {
  expect(verifyInPython(bundle, heads, journals)).toEqual({ ok: false, code, index: index ?? null });
});
