import { expect, test } from 'vitest';
import { checkTags, decide } from '@countersign/policy';
import type { PolicyRelation, TargetTags } from '@countersign/policy';
import { inputOf, policyOf } from './inputs.ts';

function policyWith(tags: string): ReturnType<typeof policyOf> {
  return policyOf(
    `version: 1\ndefault: { require: { dba: 1 } }\ntags:\n  demo: ${tags}\nrules:\n  - { name: pii, when: '"pii" in tags.read', deny: pii }\n`,
  );
}

function tagsIn(text: string): TargetTags {
  const tags = policyWith(text).tags.get('demo');
  if (tags === undefined) throw new Error('no tags');
  return tags;
}

const table = (name: string, kind: PolicyRelation['kind'] = 'table'): [string, PolicyRelation] => [
  name,
  { kind, columns: new Set([`${name}.a`]) },
];
const live = new Map([table('main.t'), table('main.u'), table('main.v', 'view')]);

test.each([
  ['{ complete: true, tables: { main.t: [], main.u: [] } }', []],
  ['{ tables: { main.t: [x] }, columns: { main.u.a: [pii] }, schemas: { main: [x] } }', []],
  ['{ tables: { main.x: [] } }', ['table main.x is tagged and is not there']],
  ['{ columns: { main.t.b: [] } }', ['column main.t.b is tagged and is not there']],
  ['{ schemas: { other: [] } }', ['schema other is tagged and is not there']],
  [
    '{ complete: true, tables: { main.t: [] } }',
    ['table main.u has no entry, and the tags are said to be complete'],
  ],
])('%s against the live schema', (text, faults) => {
  expect(checkTags(tagsIn(text), live)).toEqual(faults);
});

test('a rule that looks at tags denies while they disagree with the live schema', () => {
  const policy = policyWith('{ tables: { main.x: [pii] } }');
  const { reason, decision } = decide(policy, { ...inputOf({ sql: 'SELECT 1' }), relations: live });
  expect([decision, reason]).toEqual([
    'deny',
    'policy/rule-error: rule pii failed: tags are not known: table main.x is tagged and is not there',
  ]);
});
