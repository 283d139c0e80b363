import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Stage } from './stage.ts';
import { formatTranscript, parseTranscript, type Step } from './transcript.ts';

const update = (process.env['COUNTERSIGN_UPDATE_GOLDEN'] ?? '') !== '';
const only = process.env['COUNTERSIGN_GOLDEN'];
const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'));
const timeoutMs = 480_000;

describe.concurrent('what the programs say', () => {
  for (const name of files.filter((file) => only === undefined || file.includes(only))) {
    test(name, { timeout: timeoutMs }, async () => {
      const path = join(import.meta.dirname, name);
      const text = readFileSync(path, 'utf8');
      const transcript = parseTranscript(text);
      const stage = new Stage();
      const steps: Step[] = [];
      const broken: string[] = [];
      try {
        for (const step of transcript.steps) {
          const now = await stage.run(step);
          steps.push(now);
          broken.push(...stage.broken(now).map((promise) => `${now.command}: ${promise}`));
        }
      } finally {
        stage.end();
      }
      const now = formatTranscript({ ...transcript, steps });
      if (update) writeFileSync(path, now);
      else expect(now).toBe(text);
      expect(broken).toEqual([]);
    });
  }
});

test('a transcript reads back as it was written', () => {
  for (const name of files) {
    const text = readFileSync(join(import.meta.dirname, name), 'utf8');
    expect(formatTranscript(parseTranscript(text))).toBe(text);
  }
  expect(files.length).toBeGreaterThan(10);
});
