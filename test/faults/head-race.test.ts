import { afterAll, expect, test, vi } from 'vitest';
import { exportRequest } from '../../apps/executor/src/stages/export.ts';
import { ledgerHeadOf } from '../../apps/executor/src/stages/ledger-head.ts';
import { requestNamed } from '../../apps/executor/src/stages/request.ts';
import { StoredLedger } from '../../apps/executor/src/store/stored-ledger.ts';
import type { World } from '../../apps/executor/src/world.ts';
import { Lab, removeLabs } from './lab.ts';

vi.setConfig({ testTimeout: 120_000 });
afterAll(removeLabs);

/** The ledger of a home to which another process appends as soon as its size was read. */
class MovingLedger extends StoredLedger {
  readonly #move: () => void;

  constructor(world: World, move: () => void) {
    super(world.store);
    this.#move = move;
  }

  override get size(): number {
    const size = super.size;
    this.#move();
    return size;
  }
}

const update = "UPDATE orders SET status = 'paid' WHERE id = 101";

test('what is carried out while another process records is of one head', async () => {
  const lab = await Lab.make();
  const id = await lab.submit(update);
  const other = await lab.submit(update);
  // Both have to see heads before: their machines ask for proofs from there.
  await lab.export(id);
  lab.approver('ada').look(await lab.export(id));
  const bundle = await lab.inWorld((world) =>
    lab.inWorld((second) => {
      const moved: unknown[] = [];
      const move = (): void => {
        try {
          second.store.database.pragma('busy_timeout = 0');
          exportRequest(second, requestNamed(second, other), 'file');
          moved.push('appended');
        } catch (cause) {
          moved.push(cause);
        }
      };
      const bytes = exportRequest(
        { ...world, ledger: new MovingLedger(world, move) },
        requestNamed(world, id),
        'file',
      );
      expect(moved.length).toBeGreaterThan(0);
      for (const one of moved) expect(one).toMatchObject({ code: 'home/busy' });
      return bytes;
    }),
  );
  expect(() => lab.approver('ada').review(bundle)).not.toThrow();
});

test('size and note of a head are of one moment', async () => {
  const lab = await Lab.make();
  const other = await lab.submit(update);
  await lab.inWorld((world) =>
    lab.inWorld((second) => {
      const move = (): void => {
        exportRequest(second, requestNamed(second, other), 'file');
      };
      const before = world.ledger.size;
      const moving = new MovingLedger(world, move);
      const { size, checkpoint } = ledgerHeadOf({ ...world, ledger: moving });
      expect([size, checkpoint.split('\n')[1]]).toEqual([before, String(before)]);
      expect(world.ledger.size).toBe(before + 1);
    }),
  );
});
