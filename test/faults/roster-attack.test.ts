// Rosters that somebody replays, to a machine whose memory is new, lost or behind.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { formatPublicKeyFile, formatRootFile } from '@countersign/keys';
import {
  decodeApproverState,
  decodeRoster,
  encodeApproverState,
  encodeRoster,
  newApproverState,
  type Roster,
} from '@countersign/messages';
import { runToExitCode, type OutputStream } from '@countersign/program';
import { sceneLedger } from '../../packages/messages/test/scene-ledger.ts';
import {
  domain,
  kid,
  makeRoster,
  nextRoster,
  person,
  persons,
  rootNames,
  signedRoster,
  signer,
} from '../../packages/messages/test/scene.ts';
import { approverMain } from '../../apps/approver/src/cli/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-rosters-'));
const home = join(folder, 'home');
const one = makeRoster();
const two = nextRoster({ persons: [...persons, person('zoe', [])] }, one);
const three = nextRoster({}, two);
const otherTwo = nextRoster({ persons: [...persons, person('mallory', [])] }, one);

beforeEach(() => {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { mode: 0o700 });
  const keys = rootNames.map((name) => ({ name, key: signer(name).publicKey }));
  put('root.pub', new TextEncoder().encode(formatRootFile({ threshold: 2, keys })));
  key('alice');
});
afterAll(() => rmSync(folder, { recursive: true }));

function put(name: string, bytes: Uint8Array): string {
  const path = join(home, name);
  writeFileSync(path, bytes, { mode: 0o600 });
  return path;
}

/** A key of the home, which no test opens. */
function key(name: string): void {
  put(`${name}.cskey`, new Uint8Array(0));
  const named = { name, key: signer(name).publicKey };
  put(`${name}.cspub`, new TextEncoder().encode(formatPublicKeyFile(named)));
}

/** What a key remembers that has confirmed `roster`. */
function remember(name: string, roster: Roster): void {
  put(
    `${name}.csstate`,
    encodeApproverState({ ...newApproverState(domain, kid(name)), roster: encodeRoster(roster) }),
  );
}

function confirmedBy(name: string): number {
  const { roster } = decodeApproverState(new Uint8Array(readFileSync(join(home, `${name}.csstate`))));
  return decodeRoster(roster ?? new Uint8Array(0)).number;
}

async function offline(...argv: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await said(...argv, '--json')) as Readonly<Record<string, unknown>>;
}

async function said(...argv: readonly string[]): Promise<string> {
  const stdout = new PassThrough();
  let text = '';
  stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  const stdin = new PassThrough();
  stdin.end();
  await runToExitCode(approverMain, {
    argv: [...argv, '--home', home],
    environment: {},
    workingDirectory: folder,
    stdin,
    stdout: stdout as OutputStream,
    stderr: new PassThrough() as OutputStream,
  });
  return text;
}

function install(...rosters: readonly Roster[]): Promise<Readonly<Record<string, unknown>>> {
  const paths = rosters.map((roster, at) => put(`carried-${at}.csroster`, signedRoster(roster)));
  const last = rosters.at(-1)?.number ?? 0;
  return offline('roster', 'install', ...paths, '--accept-roster', String(last));
}

function review(name: string, ...rosters: readonly Roster[]): Promise<Readonly<Record<string, unknown>>> {
  const path = put(
    'carried.csreq',
    sceneLedger().bundleBytes({ rosters: rosters.map((roster) => signedRoster(roster)) }),
  );
  return offline('review', path, '--key', name);
}

describe('a key that has not decided yet, on a machine that knows rosters', () => {
  it('does not take an older one from a bundle', async () => {
    expect(await install(one, two, three)).toMatchObject({ exit_code: 0 });
    expect(await review('alice', one, two)).toMatchObject({ exit_code: 10, code: 'bundle/roster-older' });
  });

  it('does not take another one of the same number', async () => {
    expect(await install(one, two)).toMatchObject({ exit_code: 0 });
    expect(await review('alice', one, otherTwo)).toMatchObject({
      exit_code: 10,
      code: 'bundle/roster-forked',
    });
  });

  it('goes on with the same and with newer ones', async () => {
    expect(await install(one, two)).toMatchObject({ exit_code: 0 });
    for (const code of ['bundle/roster-older', 'bundle/roster-forked']) {
      expect((await review('alice', one, two))['code']).not.toBe(code);
      expect((await review('alice', one, two, three))['code']).not.toBe(code);
    }
  });
});

describe('a key whose memory is behind what the machine knows', () => {
  it('does not take a roster that the machine has seen replaced', async () => {
    expect(await install(one, two, three)).toMatchObject({ exit_code: 0 });
    remember('alice', one);
    expect(await review('alice', one, two)).toMatchObject({ exit_code: 10, code: 'bundle/roster-older' });
  });

  it('is shown what a known roster changes before it takes it up', async () => {
    expect(await install(one, two)).toMatchObject({ exit_code: 0 });
    remember('alice', one);
    const path = put('again.csroster', signedRoster(two));
    expect(await offline('roster', 'install', path)).toMatchObject({ code: 'confirm/roster' });
    expect(confirmedBy('alice')).toBe(1);
    expect(await install(two)).toMatchObject({ exit_code: 0, difference: { from_number: 1, to_number: 2 } });
    expect(confirmedBy('alice')).toBe(2);
  });
});

describe('a machine whose rosters were lost, but not what its keys confirmed', () => {
  it('does not install an older roster', async () => {
    remember('alice', three);
    expect(await install(one, two)).toMatchObject({ exit_code: 10, code: 'bundle/roster-older' });
    expect(confirmedBy('alice')).toBe(3);
  });

  it('does not install another history', async () => {
    remember('alice', two);
    expect(await install(one, otherTwo)).toMatchObject({ exit_code: 10, code: 'bundle/roster-forked' });
    expect(confirmedBy('alice')).toBe(2);
  });

  it('asks before it takes a newer one', async () => {
    remember('alice', one);
    const paths = [put('1.csroster', signedRoster(one)), put('2.csroster', signedRoster(two))];
    expect(await offline('roster', 'install', ...paths)).toMatchObject({ code: 'confirm/roster' });
    expect(confirmedBy('alice')).toBe(1);
    expect(await install(one, two)).toMatchObject({ exit_code: 0 });
    expect(confirmedBy('alice')).toBe(2);
  });
});

describe('the change of a roster', () => {
  it('is told with everything that differs', async () => {
    expect(await install(one)).toMatchObject({ exit_code: 0 });
    const [operator, ...roles] = one.roles;
    if (operator === undefined) throw new Error('no role');
    const silent = nextRoster({ roles: [{ ...operator, peopleMin: 0 }, ...roles] }, one);
    const path = put('silent.csroster', signedRoster(silent));
    const text = await said('roster', 'install', path);
    expect(text).toContain('at least 1 people → operator: may submit; at least 0 people');
  });
});
