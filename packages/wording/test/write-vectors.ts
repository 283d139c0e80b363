// Writes the golden texts: node packages/wording/test/write-vectors.ts
import { writeFileSync } from 'node:fs';
import { describeRefusal, describeRequest, renderTerminal } from '../src/index.ts';
import { sampleReview } from './sample-review.ts';

const folder = new URL('../../../test/vectors/wording/', import.meta.url);
const golden: Readonly<Record<string, string>> = {
  'request-full-100.txt': renderTerminal(describeRequest(sampleReview, 'full'), {
    colour: false,
    width: 100,
  }),
  'request-summary-60.txt': renderTerminal(describeRequest(sampleReview, 'summary'), {
    colour: false,
    width: 60,
  }),
  'refusal-80.txt': renderTerminal(
    describeRefusal(
      'request.csreq',
      'bundle/checkpoint-forked',
      'tree head of size 9 differs, expected the pinned one',
    ),
    { colour: false, width: 80 },
  ),
};
for (const [name, text] of Object.entries(golden)) writeFileSync(new URL(name, folder), text);
