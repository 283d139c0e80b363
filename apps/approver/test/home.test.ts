import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyFingerprint } from '@countersign/keys';
import { loadRootFile, savePublicKey, loadPublicKey } from '@countersign/program';
import { withProcessLock } from '../src/cli/process-lock.ts';
import { documentOf, exampleKeys, passphrase, Stage } from './stage.ts';

let stage: Stage;
const rootFile = join(exampleKeys, 'root.pub');
const adaKey = join(exampleKeys, 'ada.cskey');

beforeAll(async () => {
  stage = await Stage.open();
  for (const home of ['real', 'demo', 'fresh']) mkdirSync(stage.path(home), { mode: 0o700 });
  for (const home of ['demo', 'fresh']) writeFileSync(stage.path(home, 'COUNTERSIGN-DEMO'), '');
}, 60_000);

afterAll(() => stage.remove());

describe('init', () => {
  const from = (...more: readonly string[]): readonly string[] => ['init', '--root', rootFile, ...more];

  it('needs the root file, and somebody who compared it', async () => {
    expect((await stage.offline(['init'], { home: 'demo' })).stderr).toContain('--root must name');
    const said = await stage.offline(from('--key', adaKey), { home: 'demo' });
    expect(said.exitCode).toBe(4);
    expect(said.stderr).toContain('[root/unconfirmed]');
    expect(existsSync(stage.path('demo', 'root.pub'))).toBe(false);
  });

  it('refuses other words than those of the root key', async () => {
    const said = await stage.offline(from('--key', adaKey, '--root-words', 'aardvark adroitness'), {
      home: 'demo',
    });
    expect(said.stderr).toContain('[root/words-differ]');
  });

  it('refuses published keys outside a demonstration', async () => {
    const said = await stage.offline(from('--key', adaKey, '--yes'), { home: 'real' });
    expect(said.exitCode).toBe(4);
    expect(said.stderr).toContain('[key/example]');
  });

  it('refuses a key without a passphrase', async () => {
    const said = await stage.offline(from('--key', join(exampleKeys, 'root-1.cskey'), '--yes'), {
      home: 'demo',
    });
    expect(said.stderr).toContain('[key/unprotected]');
  });

  it('takes a key over once its root key was confirmed by words', async () => {
    const [root] = loadRootFile(rootFile).keys;
    if (root === undefined) throw new Error('the example has a root key');
    const words = keyFingerprint(root.key).words.toUpperCase();
    const said = await stage.offline(from('--key', adaKey, '--root-words', words, '--json'), {
      home: 'demo',
    });
    expect(documentOf(said)).toMatchObject({ exit_code: 0, code: 'home/made', key: { name: 'ada' } });
    const again = await stage.offline(from('--key', adaKey, '--yes'), { home: 'demo' });
    expect(again.stderr).toContain('[approver-home/exists]');
  });

  it('asks a person at a terminal', async () => {
    const no = await stage.offline(from('--name', 'new'), { home: 'fresh', typed: ['no\r'] });
    expect(no.stderr).toContain('[root/unconfirmed]');
    const typed = ['yes\r', 'a long new passphrase\r', 'a long new passphrase\r'];
    const yes = await stage.offline(from('--name', 'new'), { home: 'fresh', typed });
    expect(yes.exitCode).toBe(0);
    expect(existsSync(stage.path('fresh', 'new.cspub'))).toBe(true);
  });
});

describe('the keys of a home', () => {
  it('must be named where there are several, and be there', async () => {
    cpSync(stage.path('demo'), stage.path('two'), { recursive: true });
    cpSync(stage.path('fresh', 'new.cskey'), stage.path('two', 'new.cskey'));
    const ambiguous = await stage.offline(['journal', 'show'], { home: 'two' });
    expect(ambiguous.stderr).toContain('[key/ambiguous]');
    for (const name of ['nobody', '../demo/ada', '']) {
      const unknown = await stage.offline(['journal', 'show', '--key', name], { home: 'two' });
      expect(unknown.stderr).toContain('[key/unknown]');
    }
  });

  it('must fit the public half beside them', async () => {
    await stage.request("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'", 'one.csreq');
    rmSync(stage.path('demo', 'ada.cspub'), { force: true });
    savePublicKey(stage.path('demo', 'ada.cspub'), {
      name: 'ada',
      key: loadPublicKey(join(exampleKeys, 'ben.cspub')).key,
    });
    const said = await stage.offline(['approve', stage.path('one.csreq')], { home: 'demo', passphrase });
    expect(said.exitCode).toBe(4);
    expect(said.stderr).toContain('[key/other]');
    rmSync(stage.path('demo', 'ada.cspub'));
  });

  it('are made in the home', async () => {
    const said = await stage.offline(['key', 'generate', 'second'], {
      home: 'fresh',
      passphrase: 'another long passphrase',
    });
    expect(said.exitCode).toBe(0);
    const shown = await stage.offline(['key', 'show', stage.path('fresh', 'second.cspub')]);
    expect(shown.stdout).toContain('form       public');
  });

  it('remember nothing at first, and a damaged memory is refused', async () => {
    const empty = await stage.offline(['journal', 'verify'], { home: 'demo' });
    expect(empty.stderr).toContain('[journal/nothing]');
    writeFileSync(stage.path('demo', 'ada.csstate'), 'damaged');
    for (const verb of [
      ['journal', 'verify'],
      ['review', stage.path('one.csreq')],
      ['deny', stage.path('one.csreq')],
    ]) {
      const said = await stage.offline(verb, { home: 'demo', passphrase });
      expect(said.exitCode).toBe(10);
      expect(said.stdout).toContain('state/malformed');
    }
    rmSync(stage.path('demo', 'ada.csstate'));
  });

  it('whose memory was lost are refused as soon as the ledger holds a decision of them', async () => {
    const out = stage.path('a.csdec');
    const first = await stage.offline(['deny', stage.path('one.csreq'), '--out', out], {
      home: 'demo',
      passphrase,
    });
    expect(first.exitCode).toBe(0);
    await stage.online('import', out);
    await stage.request("UPDATE customers SET tier = 'gold' WHERE id = 2", 'two.csreq');
    for (const name of ['ada.csstate', 'ada.cspub']) rmSync(stage.path('demo', name));
    const said = await stage.offline(['approve', stage.path('two.csreq')], { home: 'demo', passphrase });
    expect(said.exitCode).toBe(10);
    expect(said.stdout).toContain('bundle/last-decision-unknown');
  });
});

describe('the roster', () => {
  it('comes with the first decision and is shown', async () => {
    const none = await stage.offline(['roster', 'show'], { home: 'fresh' });
    expect(none.stderr).toContain('[roster/not-installed]');
    const said = await stage.offline(['roster', 'show'], { home: 'demo' });
    expect(said.stdout).toContain('Carol Castellanos');
  });

  it('changes only after a person accepted the number, in a bundle and by itself', async () => {
    const yaml = (await stage.online('roster', 'show', '--yaml')).stdout;
    writeFileSync(stage.path('roster.yaml'), yaml.replace('Carol Castellanos', 'Carol Cortez'));
    // Published root keys sign only rosters that lie in a demonstration's folder.
    const next = stage.path('online', '2.csroster');
    await stage.online('roster', 'propose', stage.path('roster.yaml'), '--out', next);
    const unsigned = await stage.offline(['roster', 'install', next], { home: 'demo' });
    expect(unsigned.stdout).toContain('roster/threshold-missed');
    expect(unsigned.exitCode).toBe(10);
    const signed = await stage.online('roster', 'sign', next, '--key', join(exampleKeys, 'root-1.cskey'));
    expect(signed.stderr).toBe('');
    const unconfirmed = await stage.offline(['roster', 'install', next], { home: 'demo' });
    expect(unconfirmed.exitCode).toBe(2);
    expect(unconfirmed.stdout).toContain('Carol Cortez');
    const wrong = await stage.offline(['roster', 'install', next, '--accept-roster', '3'], { home: 'demo' });
    expect(wrong.stderr).toContain('[confirm/roster]');
    const right = await stage.offline(['roster', 'install', next, '--accept-roster', '2'], { home: 'demo' });
    expect(right.exitCode).toBe(0);
    expect((await stage.offline(['roster', 'show'], { home: 'demo' })).stdout).toContain('Carol Cortez');
  });

  it('is confirmed where it comes in a bundle', async () => {
    await stage.approver('ben');
    await stage.request("UPDATE customers SET tier = 'gold' WHERE id = 2", 'before.csreq');
    const first = await stage.offline(['deny', stage.path('before.csreq'), '--out', stage.path('b.csdec')], {
      home: 'ben',
      passphrase,
    });
    expect(first.exitCode).toBe(0);
    expect((await stage.online('roster', 'install', stage.path('online', '2.csroster'))).exitCode).toBe(0);
    await stage.request("UPDATE customers SET tier = 'gold' WHERE id = 2", 'after.csreq');
    const silent = await stage.offline(['approve', stage.path('after.csreq')], { home: 'ben' });
    expect(silent.exitCode).toBe(2);
    expect(silent.stderr).toContain('[confirm/roster]');
    expect(silent.stdout).toContain('Carol Cortez');
    const accepted = await stage.offline(
      ['approve', stage.path('after.csreq'), '--accept-roster', '2', '--out', stage.path('c.csdec')],
      { home: 'ben', passphrase },
    );
    expect(accepted.exitCode).toBe(0);
  });
});

describe('the lock of a key', () => {
  const path = (): string => stage.path('key.lock');

  it('keeps a second one out while the first signs, and is gone afterwards', () => {
    const inner = (): void => withProcessLock(path(), () => undefined);
    writeFileSync(path(), `${process.ppid} ${'0'.repeat(16)}\n`);
    expect(inner).toThrow(expect.objectContaining({ code: 'approver-home/busy' }));
    rmSync(path());
    expect(withProcessLock(path(), () => readFileSync(path(), 'utf8'))).toContain(String(process.pid));
    expect(existsSync(path())).toBe(false);
  });

  it('is taken over from a process that has ended', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(path(), `${pid} ${'0'.repeat(16)}\n`);
    expect(withProcessLock(path(), () => 'done')).toBe('done');
    expect(existsSync(`${path()}.takeover`)).toBe(false);
  });

  it('counts as held when it cannot be read as one', () => {
    writeFileSync(path(), 'x');
    expect(() => withProcessLock(path(), () => 'done')).toThrow(
      expect.objectContaining({ code: 'approver-home/busy' }),
    );
    rmSync(path());
  });

  it('is released when the work fails', () => {
    const fail = (): never => {
      throw new Error('no');
    };
    expect(() => withProcessLock(path(), fail)).toThrow('no');
    expect(existsSync(path())).toBe(false);
  });
});

describe('selftest', () => {
  it('finds the machine sound, with and without a home', async () => {
    for (const home of ['nowhere', 'ben']) {
      const said = await stage.offline(['selftest', '--json'], { home });
      expect(said.exitCode).toBe(0);
      expect(JSON.stringify(documentOf(said)['checks'])).not.toContain('failed');
    }
  });

  it('names what is wrong', async () => {
    writeFileSync(stage.path('ben', 'ben.csstate'), 'damaged');
    const said = await stage.offline(['selftest', '--json'], { home: 'ben' });
    expect(said.exitCode).toBe(1);
    expect(documentOf(said)['code']).toBe('selftest/failed');
  });
});
