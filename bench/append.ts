import { encodeNote, type AppendedEntry, appendEntry } from '@countersign/ledger';
import { sign } from 'node:crypto';
import type { World } from '../apps/executor/src/world.ts';
import { requireAnswer, type Benchmark } from './benchmark.ts';
import { makeBenchHome, openRawStore } from './home.ts';
import { measure } from './measure.ts';
import { rawPrivateKey } from './raw-key.ts';

const body = encodeNote('operator', {
  person: 'olivia',
  verb: 'dry-run',
  text: `require on shop: UPDATE orders SET status = 'cancelled' WHERE customer_id = 4 AND status = 'open'`,
});

export const appendBenchmark: Benchmark = {
  name: 'append',
  about: 'one entry, its tree nodes and the signed head, durable in the store, against a bare durable commit',
  run: async () => {
    const home = await makeBenchHome();
    const raw = openRawStore(home.directory);
    try {
      const before = home.world.ledger.size;
      const { bytes, checkpoint } = appendOne(home.world);
      requireAnswer(home.world.ledger.size === before + 1, 'the size of the ledger');
      // An append completes two nodes of 32 bytes on average.
      const same = new Uint8Array(bytes.length + body.length + checkpoint.length + 64);
      const key = rawPrivateKey();
      const message = Buffer.from(checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1));
      const sides = [
        { name: 'append in the executor’s store', run: () => appendOne(home.world) },
        {
          name: 'SQLite commit of the same bytes and node:crypto sign',
          run: () => {
            sign(null, message, key);
            raw.commit(same);
          },
        },
      ];
      const measured = await measure(sides, { rounds: 41, roundMs: 25 });
      return [{ title: `an entry of ${same.length} bytes in all`, measured }];
    } finally {
      raw.close();
      await home.close();
    }
  },
};

function appendOne(world: World): AppendedEntry {
  return world.store.atomically(() =>
    appendEntry(
      world.ledger,
      { type: 'operator', body, madeAt: world.clock() },
      { origin: world.origin, signer: world.signer },
    ),
  );
}
