import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  listDirectoryCarefully,
  openFileCarefully,
  readFileCarefully,
  writeFileAtomically,
  type FileSystem,
  type ProgramErrorCode,
} from '../src/index.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const bytes = new TextEncoder().encode('new content');
const limits = { bytesMax: 100 };

function refusal(code: ProgramErrorCode): unknown {
  return expect.objectContaining({ code });
}

function errno(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('readFileCarefully', () => {
  test('returns the bytes and the permission bits', () => {
    const path = join(temporaryDirectory(), 'a');
    fs.writeFileSync(path, bytes, { mode: 0o640 });
    fs.chmodSync(path, 0o640);
    expect(openFileCarefully(path, limits)).toEqual({ bytes, mode: 0o640 });
    fs.writeFileSync(path, '');
    expect(readFileCarefully(path, { bytesMax: 0 })).toEqual(new Uint8Array());
  });

  test('refuses everything but a plain file, without waiting', async () => {
    const directory = temporaryDirectory();
    const [fifo, link, socket] = [
      join(directory, 'fifo'),
      join(directory, 'link'),
      join(directory, 'socket'),
    ];
    execFileSync('mkfifo', [fifo]);
    fs.symlinkSync('/etc/hostname', link);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const read = (path: string) => () => readFileCarefully(path, limits);
    expect(read(fifo)).toThrow(refusal('file/not-regular'));
    expect(read(link)).toThrow(refusal('file/symlink'));
    expect(read(socket)).toThrow(refusal('file/not-regular'));
    expect(read('/dev/zero')).toThrow(refusal('file/not-regular'));
    expect(read(directory)).toThrow(refusal('file/directory'));
    expect(read(join(directory, 'none'))).toThrow(refusal('file/not-found'));
    expect(read('/etc/hostname/x')).toThrow(refusal('file/not-directory'));
    expect(read('')).toThrow(refusal('file/name'));
    expect(read('a\0b')).toThrow(refusal('file/name'));
    expect(read(join(directory, 'x'.repeat(300)))).toThrow(refusal('file/name'));
    server.close();
  });

  test('refuses a byte too much before reading', () => {
    const path = join(temporaryDirectory(), 'a');
    fs.writeFileSync(path, new Uint8Array(101));
    expect(() => readFileCarefully(path, limits)).toThrow(refusal('file/too-large'));
  });

  test('refuses a file that holds more than its size said', () => {
    // A file of /proc has size 0 and content: what a file looks like that grows while it is read.
    expect(() => readFileCarefully('/proc/self/status', limits)).toThrow(refusal('file/changed'));
  });

  test('shows a hostile name harmlessly', () => {
    const path = join(temporaryDirectory(), `\u001b[2J\u202e${'x'.repeat(100)}`);
    const message = expect.stringMatching(/^"[ -~]+…" does not exist$/) as string;
    expect(() => readFileCarefully(path.slice(-104), limits)).toThrow(expect.objectContaining({ message }));
  });
});

describe('writeFileAtomically', () => {
  test('writes a new file and leaves nothing beside it', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'a');
    writeFileAtomically(path, bytes, { mode: 0o600 });
    expect(openFileCarefully(path, limits)).toEqual({ bytes, mode: 0o600 });
    expect(fs.readdirSync(directory)).toEqual(['a']);
  });

  test('replaces a file only when told to, and a link but not what it points to', () => {
    const directory = temporaryDirectory();
    const [path, other] = [join(directory, 'a'), join(directory, 'other')];
    fs.writeFileSync(other, 'other');
    fs.symlinkSync(other, path);
    expect(() => writeFileAtomically(path, bytes)).toThrow(refusal('file/exists'));
    writeFileAtomically(path, bytes, { overwrite: true });
    expect(fs.lstatSync(path).isFile()).toBe(true);
    expect(fs.readFileSync(other, 'utf8')).toBe('other');
    expect(fs.readdirSync(directory).sort()).toEqual(['a', 'other']);
  });

  test('refuses a directory in the way and a directory that is not there', () => {
    const directory = temporaryDirectory();
    fs.mkdirSync(join(directory, 'd'));
    expect(() => writeFileAtomically(join(directory, 'd'), bytes, { overwrite: true })).toThrow(
      refusal('file/directory'),
    );
    expect(() => writeFileAtomically(join(directory, 'none/a'), bytes)).toThrow(refusal('file/not-found'));
    expect(() => writeFileAtomically('', bytes)).toThrow(refusal('file/name'));
    expect(fs.readdirSync(directory)).toEqual(['d']);
  });

  test('says that the disk is full when it is', () => {
    const full = { ...fs, writeSync: () => fail('ENOSPC') };
    const path = join(temporaryDirectory(), 'a');
    expect(() => writeFileAtomically(path, bytes, {}, full)).toThrow(refusal('file/disk-full'));
    expect(fs.existsSync(path)).toBe(false);
  });

  test.each([
    ['EROFS', 'file/read-only'],
    ['EACCES', 'file/not-permitted'],
    ['EDQUOT', 'file/disk-full'],
    ['EIO', 'file/input-output'],
  ] as const)('%s is %s', (cause, code) => {
    const system = { ...fs, openSync: () => fail(cause) };
    expect(() => writeFileAtomically('/a', bytes, {}, system)).toThrow(refusal(code));
  });

  test('claims the name on a medium without hard links', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'a');
    const fat = { ...fs, linkSync: () => fail('EPERM') };
    writeFileAtomically(path, bytes, {}, fat);
    expect(readFileCarefully(path, limits)).toEqual(bytes);
    expect(() => writeFileAtomically(path, bytes, {}, fat)).toThrow(refusal('file/exists'));
    expect(() =>
      writeFileAtomically(`${path}2`, bytes, {}, { ...fat, renameSync: () => fail('EIO') }),
    ).toThrow(refusal('file/input-output'));
    expect(fs.readdirSync(directory)).toEqual(['a']);
  });

  test('takes a directory that knows no fsync, and short writes', () => {
    const path = join(temporaryDirectory(), 'a');
    const slow: FileSystem = {
      ...fs,
      fsyncSync: (descriptor) => (fs.fstatSync(descriptor).isDirectory() ? fail('EINVAL') : undefined),
      writeSync: (descriptor: number, data: unknown, offset?: unknown) =>
        fs.writeSync(descriptor, data as Uint8Array, offset as number, 1),
    };
    writeFileAtomically(path, bytes, {}, slow);
    expect(readFileCarefully(path, limits)).toEqual(bytes);
  });
});

function fail(code: string): never {
  throw errno(code);
}

/** Returns the real file system, of which the n-th call does its work or not and then fails. */
function failingAt(n: number): { system: FileSystem; calls: () => number } {
  let calls = 0;
  const wrapped =
    <Arguments extends unknown[], Result>(call: (...given: Arguments) => Result, after = false) =>
    (...given: Arguments): Result => {
      calls += 1;
      if (calls === n && !after) return fail('EIO');
      const result = call(...given);
      if (calls === n) return fail('EIO');
      return result;
    };
  const system = {
    openSync: wrapped((path: fs.PathLike, flags: fs.OpenMode, mode?: fs.Mode | null) =>
      fs.openSync(path, flags, mode),
    ),
    writeSync: wrapped((descriptor: number, data: Uint8Array, offset?: number) =>
      fs.writeSync(descriptor, data, offset),
    ),
    fsyncSync: wrapped((descriptor: number) => fs.fsyncSync(descriptor)),
    closeSync: wrapped((descriptor: number) => fs.closeSync(descriptor), true),
    linkSync: wrapped((from: fs.PathLike, to: fs.PathLike) => fs.linkSync(from, to)),
    renameSync: wrapped((from: fs.PathLike, to: fs.PathLike) => fs.renameSync(from, to)),
    unlinkSync: wrapped((path: fs.PathLike) => fs.unlinkSync(path)),
  };
  return { system: system as FileSystem, calls: () => calls };
}

describe.each([{ overwrite: true }, { overwrite: false }])('the n-th call fails, %o', ({ overwrite }) => {
  test('the name holds the old or all of the new, and nothing lies beside it', () => {
    let failures = 0;
    for (let n = 1; n < 100; n++) {
      const directory = temporaryDirectory();
      const path = join(directory, 'a');
      if (overwrite) fs.writeFileSync(path, 'old');
      const { system, calls } = failingAt(n);
      const write = (): void => writeFileAtomically(path, bytes, { overwrite }, system);
      if (outcome(write) === 'written') {
        expect(calls()).toBeLessThan(n);
        break;
      }
      failures += 1;
      const [name, ...others] = fs.readdirSync(directory);
      expect(others, `call ${n}`).toEqual([]);
      expect(name === undefined ? 'none' : `${name}: ${fs.readFileSync(path, 'utf8')}`).toMatch(
        overwrite ? /^a: (old|new content)$/ : /^(none|a: new content)$/,
      );
    }
    expect(failures).toBe(overwrite ? 8 : 9);
  });
});

function outcome(write: () => void): string {
  try {
    write();
    return 'written';
  } catch (thrown) {
    expect(thrown).toEqual(refusal('file/input-output'));
    return 'failed';
  }
}

describe('listDirectoryCarefully', () => {
  test('names what is there in order, and opens nothing', () => {
    const directory = temporaryDirectory();
    fs.writeFileSync(join(directory, 'b.csdec'), '');
    fs.mkdirSync(join(directory, 'a'));
    fs.symlinkSync('/etc/passwd', join(directory, 'c.csdec'));
    execFileSync('mkfifo', [join(directory, 'd.csdec')]);
    fs.writeFileSync(Buffer.concat([Buffer.from(join(directory, 'e')), Buffer.of(0xff)]), '');
    expect(
      listDirectoryCarefully(directory, { entriesMax: 5 }).map(({ name, kind }) => [name, kind]),
    ).toEqual([
      ['a', 'directory'],
      ['b.csdec', 'file'],
      ['c.csdec', 'symlink'],
      ['d.csdec', 'other'],
      ['e\ufffd', 'other'],
    ]);
    expect(() => listDirectoryCarefully(directory, { entriesMax: 4 })).toThrow(
      refusal('file/too-many-entries'),
    );
    expect(() => listDirectoryCarefully(join(directory, 'b.csdec'), { entriesMax: 4 })).toThrow(
      refusal('file/not-directory'),
    );
    expect(() => listDirectoryCarefully(join(directory, 'none'), { entriesMax: 4 })).toThrow(
      refusal('file/not-found'),
    );
    expect(() => listDirectoryCarefully('', { entriesMax: 4 })).toThrow(refusal('file/name'));
  });
});
