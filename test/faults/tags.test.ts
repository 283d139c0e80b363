import { writeFileSync } from 'node:fs';
import { afterAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

const read = ['submit', 'SELECT name FROM customers', '--reason', 'a test'] as const;

function tag(lab: Lab, tags: string): void {
  const rule = `rules:\n  - { name: personal, when: '"pii" in tags.read', deny: personal data }\n`;
  writeFileSync(lab.path('home', 'policy', 'tags-demo.yaml'), `version: 1\ntags:\n  demo:\n${tags}${rule}`);
}

test('tags bind through views, are recorded with the policy, and deny once the schema has left them behind', async () => {
  const lab = await Lab.make();
  lab.write('CREATE VIEW people AS SELECT id, name AS called FROM customers');
  tag(lab, '    columns: { main.customers.name: [pii] }\n');
  const denied = await lab.ask(...read);
  expect([denied.exitCode, denied.document['message']]).toEqual([3, 'personal data']);
  expect((await lab.ask('submit', 'SELECT called FROM people', '--reason', 'a test')).exitCode).toBe(3);
  expect((await lab.ask('submit', 'SELECT city FROM customers', '--reason', 'a test')).exitCode).toBe(0);
  expect(JSON.stringify((await lab.ask('doctor')).document['findings'])).not.toContain('policy/tags');
  const digest = (denied.document['verdict'] as { policy_digest: string }).policy_digest;
  tag(lab, '    columns: { main.customers.name: [] }\n');
  const allowed = await lab.ask(...read);
  expect(allowed.exitCode).toBe(0);
  expect((allowed.document['verdict'] as { policy_digest: string }).policy_digest).not.toBe(digest);

  tag(lab, '    columns: { main.customers.nmae: [pii] }\n');
  const lost = await lab.ask(...read);
  expect([lost.exitCode, lost.code]).toEqual([3, 'request/denied']);
  expect(String(lost.document['message'])).toContain('column main.customers.nmae is tagged and is not there');
  expect(JSON.stringify((await lab.ask('doctor')).document['findings'])).toContain('policy/tags: column');
  expect(JSON.stringify((await lab.ask('target', 'check', 'demo')).document['warnings'])).toContain('nmae');
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('complete tags deny from the moment on that somebody makes another table', async () => {
  const lab = await Lab.make();
  const found = (await lab.ask('target', 'check', 'demo')).document['tables'] as readonly string[];
  expect(found.length).toBeGreaterThan(3);
  const entries = found.map((name) => `${name}: []`).join(', ');
  tag(lab, `    complete: true\n    tables: { ${entries} }\n`);
  expect((await lab.ask(...read)).exitCode).toBe(0);
  lab.write('CREATE TABLE secrets (a)');
  const denied = await lab.ask(...read);
  expect([denied.exitCode, denied.code]).toEqual([3, 'request/denied']);
  expect(String(denied.document['message'])).toContain('table main.secrets has no entry');
});
