import { encodeNote } from '@countersign/ledger';
import Database from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { recordSoon } from '../../apps/executor/src/stages/record-soon.ts';
import type { World } from '../../apps/executor/src/world.ts';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);

const noteOf = (text: string): Uint8Array =>
  encodeNote('operator', { person: 'executor', verb: 'test', text });

/** Records that many notes at once; `spoil` may throw in the place of one. */
function recordMany(world: World, count: number, spoil: (index: number) => void = () => undefined) {
  return Promise.allSettled(
    Array.from({ length: count }, (_, index) =>
      recordSoon(world, (append) => {
        const position = append('operator', noteOf(`note ${index}`));
        spoil(index);
        return position;
      }),
    ),
  );
}

async function requireSound(lab: Lab): Promise<void> {
  expect(await lab.ask('ledger', 'verify')).toMatchObject({ exitCode: 0 });
}

test('what is recorded at once stands in order under one head, and the ledger verifies', async () => {
  const lab = await Lab.make();
  await lab.inWorld(async (world) => {
    const { size } = world.ledger;
    const heads = new Set<string>();
    const many = Array.from({ length: 20 }, (_, index) =>
      recordSoon(world, (append) => append('operator', noteOf(`note ${index}`))).then((position) => {
        heads.add(world.ledger.checkpoint ?? '');
        return position;
      }),
    );
    expect(world.ledger.size).toBe(size);
    expect(await Promise.all(many)).toEqual(many.map((_, index) => size + index));
    expect(heads.size).toBe(1);
    expect([...heads][0]).toContain(`\n${size + 20}\n`);
  });
  await requireSound(lab);
});

test('one that is refused takes nothing from the others and leaves nothing', async () => {
  const lab = await Lab.make();
  await lab.inWorld(async (world) => {
    const { size } = world.ledger;
    const ends = await recordMany(world, 5, (index) => {
      if (index === 0 || index === 3) throw new Error(`refused ${index}`);
    });
    expect(ends.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(ends.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))).toEqual([
      size,
      size + 1,
      size + 2,
    ]);
    expect(world.ledger.size).toBe(size + 3);
    expect(await recordMany(world, 1, () => { throw new Error('alone'); })).toMatchObject([{ status: 'rejected' }]); // prettier-ignore
    expect(world.ledger.size).toBe(size + 3);
  });
  await requireSound(lab);
});

test('none is done a second time unless one of them is refused', async () => {
  const lab = await Lab.make();
  await lab.inWorld(async (world) => {
    const { size } = world.ledger;
    const done: number[] = [];
    await recordMany(world, 3, (index) => done.push(index));
    expect(done).toEqual([0, 1, 2]);
    await recordMany(world, 3, (index) => {
      done.push(index);
      if (index === 1) throw new Error('refused');
    });
    expect(done).toEqual([0, 1, 2, 0, 1, 0, 1, 2]);
    expect(world.ledger.size).toBe(size + 5);
  });
  await requireSound(lab);
});

test('a store that cannot be written refuses all of them, and nothing stays', async () => {
  const lab = await Lab.make();
  await lab.inWorld(async (world) => {
    const { size, checkpoint } = world.ledger;
    const ends = await recordMany(world, 4, (index) => {
      if (index === 2) throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
    });
    for (const end of ends)
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'home/disk-full' } });
    expect([world.ledger.size, world.ledger.checkpoint]).toEqual([size, checkpoint]);
    expect(await recordMany(world, 2)).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }]);
  });
  await requireSound(lab);
});

test('a transaction that the store has rolled back by itself refuses all of them, and nothing stays', async () => {
  const lab = await Lab.make();
  await lab.inWorld(async (world) => {
    const { size, checkpoint } = world.ledger;
    const ends = await recordMany(world, 4, (index) => {
      if (index !== 2) return;
      world.store.database.exec('ROLLBACK');
      throw new Error('out of memory');
    });
    for (const end of ends)
      expect(end).toMatchObject({ status: 'rejected', reason: { message: 'out of memory' } });
    expect([world.ledger.size, world.ledger.checkpoint]).toEqual([size, checkpoint]);
    expect(await recordMany(world, 2)).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }]);
  });
  await requireSound(lab);
});

test('what comes while others are recorded is recorded next', async () => {
  const lab = await Lab.make();
  await lab.inWorld(async (world) => {
    const { size } = world.ledger;
    const inner = await recordSoon(world, (append) => {
      append('operator', noteOf('outer'));
      return { later: recordSoon(world, (more) => more('operator', noteOf('inner'))) };
    });
    expect(await inner.later).toBe(size + 1);
  });
  await requireSound(lab);
});
