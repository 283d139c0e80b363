import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

const rule = 'version: 1\nrules:\n  - name: closed\n    deny: closed for good\n';

test('a file of rules that would not be read stops everything', async () => {
  const lab = await Lab.make();
  for (const name of ['deny.yml', 'DENY.YAML', 'more']) {
    const path = join(lab.home, 'policy', name);
    if (name === 'more') mkdirSync(path);
    else writeFileSync(path, rule);
    const { code } = await lab.ask('submit', 'SELECT 1', '--reason', 'a reason to test');
    expect([name, code]).toEqual([name, 'configuration/policy']);
    rmSync(path, { recursive: true });
  }
});

test('who waits for approvers runs under the policy in force by then', async () => {
  const lab = await Lab.make();
  const sql = "UPDATE customers SET city = 'stale' WHERE id = 2";
  const waiting = lab.ask('submit', sql, '--reason', 'a reason to test', '--wait', '60s');
  const id = await pendingOf(lab);
  lab.policy('changes.yaml', () => rule);
  await lab.approve(id, 'ada');
  const { code } = await waiting;
  expect(code).toBe('run/policy-denies');
  expect(lab.rows("SELECT count(*) FROM customers WHERE city = 'stale'")).toEqual([[0]]);
});

async function pendingOf(lab: Lab): Promise<string> {
  for (;;) {
    using store = new DatabaseSync(join(lab.home, 'state.db'), { readOnly: true });
    const row = store.prepare("SELECT hex(id) AS id FROM request WHERE state = 'pending'").get();
    if (row !== undefined) return String(row['id']).toLowerCase();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
