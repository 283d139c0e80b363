import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import QRCode from 'qrcode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode, encode, type Value } from '@countersign/codec';
import { encodePng } from '@countersign/program';
import { exampleKeys, passphrase, Stage, type Said } from './stage.ts';

let stage: Stage;
let request: Uint8Array;
let id: string;

beforeAll(async () => {
  stage = await Stage.open();
  id = await stage.request("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'", 'one.csreq');
  request = new Uint8Array(readFileSync(stage.path('one.csreq')));
  await stage.approver('ada');
}, 60_000);

afterAll(() => stage.remove());

/** Approves what lies at `name` with the passphrase at hand: it must be refused before any key is opened. */
async function approve(name: string): Promise<Said> {
  const said = await stage.offline(['approve', stage.path(name), '--out', stage.path('never.csdec')], {
    home: 'ada',
    // A wrong one: had the key been opened, this would be what is said.
    passphrase: 'not the passphrase of ada',
  });
  expect(said.exitCode).not.toBe(0);
  expect(said.stdout + said.stderr).not.toContain('passphrase/');
  expect(said.stdout + said.stderr).not.toContain('internal/unexpected');
  return said;
}

function written(name: string, bytes: Uint8Array): string {
  writeFileSync(stage.path(name), bytes);
  return name;
}

/** Returns the bundle with one of its fields exchanged. */
function withField(field: number, value: Value): Uint8Array {
  const map = decode(request, { bytesMax: 8_388_608 });
  if (!(map instanceof Map)) throw new Error('a bundle is a map');
  return encode(new Map([...(map as ReadonlyMap<number, Value>), [field, value]]));
}

describe('a medium that deceives', () => {
  it('is not followed through a link', async () => {
    symlinkSync(stage.path('one.csreq'), stage.path('link.csreq'));
    expect((await approve('link.csreq')).stderr).toContain('[file/symlink]');
  });

  it('does not hold the program with a pipe', async () => {
    expect(spawnSync('mkfifo', [stage.path('pipe.csreq')]).status).toBe(0);
    expect((await approve('pipe.csreq')).stderr).toContain('[file/not-regular]');
  });

  it('does not fill the memory with a huge file', async () => {
    written('huge.csreq', request);
    truncateSync(stage.path('huge.csreq'), 8 * 2 ** 30);
    expect((await approve('huge.csreq')).stderr).toContain('[file/too-large]');
  });

  it('may be a folder of junk, links and pipes', async () => {
    mkdirSync(stage.path('junk'));
    for (const name of ['notes.txt', '\u202egnp.exe', 'a\nb.pdf'])
      writeFileSync(stage.path('junk', name), 'x');
    symlinkSync('/etc/passwd', stage.path('junk', 'passwd.csreq'));
    spawnSync('mkfifo', [stage.path('junk', 'fifo.csreq')]);
    mkdirSync(stage.path('junk', 'folder.csreq'));
    expect((await approve('junk')).stderr).toContain('[carried/none]');
    copyFileSync(stage.path('one.csreq'), stage.path('junk', 'real.csreq'));
    const said = await stage.offline(['review', stage.path('junk')], { home: 'ada' });
    expect(said.exitCode).toBe(0);
  });

  it('may show the code of somebody else', async () => {
    writeFileSync(
      stage.path('foreign.png'),
      await QRCode.toBuffer('https://example.com/approve?id=1', { scale: 6 }),
    );
    expect((await approve('foreign.png')).stderr).toContain('frame/foreign');
  });

  it('may hold a picture without a code, or no picture', async () => {
    const blank = encodePng({ size: 21, modules: new Uint8Array(441) });
    expect((await approve(written('blank.png', blank))).stderr).toContain('[picture/no-code]');
    const broken = Uint8Array.from([...blank.subarray(0, 40)]);
    expect((await approve(written('broken.png', broken))).stderr).toMatch(/\[picture\/[a-z-]+\]/);
  });

  it('may mix the pictures of two requests, or lack one', async () => {
    const other = await stage.request("UPDATE customers SET tier = 'gold' WHERE city = 'York'", 'two.csreq');
    mkdirSync(stage.path('mixed'));
    await stage.export(id, 'mixed/a.png');
    await stage.export(other, 'mixed/b.png');
    expect((await approve('mixed')).stderr).toContain('[carried/several]');
    const few = await stage.offline(['review', stage.path('mixed', 'a-001.png')], { home: 'ada' });
    expect(few.stderr).toContain('[picture/incomplete]');
    expect(few.exitCode).toBe(1);
  });

  it('may carry something that is no request', async () => {
    const files = [written('empty.csreq', new Uint8Array()), written('text.csreq', Buffer.from('SELECT 1'))];
    copyFileSync(join(exampleKeys, 'ada.cskey'), stage.path('key.csreq'));
    for (const name of [...files, 'key.csreq']) {
      const said = await approve(name);
      expect(said.exitCode).toBe(10);
      expect(said.stdout).toContain('bundle/malformed');
    }
  });

  it('may be of a newer version', async () => {
    const said = await approve(written('newer.csreq', withField(1, 2)));
    expect(said.exitCode).toBe(10);
    expect(said.stdout).toContain('bundle/version');
  });
});

describe('a request that is not whole', () => {
  it('is refused wherever it is cut', async () => {
    for (let length = 1; length < request.length; length += 197) {
      const said = await approve(written('cut.csreq', request.slice(0, length)));
      expect(said.exitCode).toBe(10);
    }
  });

  it('is refused whichever byte was changed', async () => {
    const accepted: number[] = [];
    for (let at = 0; at < request.length; at += 83) {
      const bytes = request.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 0x01;
      written('changed.csreq', bytes);
      const said = await stage.offline(['review', stage.path('changed.csreq')], { home: 'ada' });
      expect([0, 10]).toContain(said.exitCode);
      if (said.exitCode === 0) accepted.push(at);
    }
    // Nothing is signed over the consistency proofs of sizes that nobody pinned.
    expect(accepted).toEqual([]);
  });

  it('is refused without the rosters it stands on', async () => {
    const said = await approve(written('rosterless.csreq', withField(10, [encode(new Map([[1, 1]]))])));
    expect(said.stdout).toContain('bundle/malformed');
  });
});

describe('a request from elsewhere', () => {
  it('is refused when another deployment made it', async () => {
    await approveFirst();
    const other = await Stage.open();
    await other.request("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'", 'other.csreq');
    copyFileSync(other.path('other.csreq'), stage.path('other.csreq'));
    other.remove();
    const said = await approve('other.csreq');
    expect(said.exitCode).toBe(10);
    expect(said.stdout).toContain('bundle/state-domain');
  });

  it('is refused when the ledger is shorter than it was', async () => {
    const said = await approve(written('old.csreq', request));
    expect(said.exitCode).toBe(10);
    expect(said.stdout).toContain('bundle/checkpoint-older');
  });

  it('is refused in JSON with the code and the next step', async () => {
    const said = await stage.offline(['review', stage.path('old.csreq'), '--json'], { home: 'ada' });
    const document = JSON.parse(said.stdout) as Readonly<Record<string, unknown>>;
    expect(document).toMatchObject({ exit_code: 10, code: 'bundle/checkpoint-older' });
    expect(document['hint']).toContain('Ask for a new export');
  });

  /** Signs once, so that this machine knows its deployment and has pinned a head. */
  async function approveFirst(): Promise<void> {
    await stage.request("UPDATE customers SET tier = 'gold' WHERE id = 2", 'first.csreq');
    const said = await stage.offline(
      ['approve', stage.path('first.csreq'), '--out', stage.path('first.csdec')],
      {
        home: 'ada',
        passphrase,
      },
    );
    expect(said.exitCode).toBe(0);
  }
});
