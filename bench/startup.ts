import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bundlePrograms } from '../scripts/build/bundle.ts';
import { requireAnswer, type Benchmark } from './benchmark.ts';
import { measure, type Side } from './measure.ts';
import { formatMicros } from './report.ts';

const root = join(import.meta.dirname, '..');
const promiseMicros = 250_000;

export const startupBenchmark: Benchmark = {
  name: 'startup',
  about: '`countersign --help` from start to end of its process, against a Node that does nothing',
  run: async () => {
    // Beside node_modules, where the built program finds the one package that it does not contain.
    const folder = join(root, 'dist');
    await bundlePrograms(root, folder);
    const sides = [
      start('countersign --help, the built program', [join(folder, 'countersign.mjs'), '--help']),
      start('countersign --help, from source', [join(root, 'apps/executor/src/main.ts'), '--help']),
      start('node -e 0', ['-e', '0']),
    ];
    const measured = await measure(sides, { rounds: 20, roundMs: 0 });
    const notes = measured.slice(0, -1).map(({ name, micros }) => {
      const verdict = micros.median < promiseMicros ? 'under' : 'NOT under';
      return `${name}: ${verdict} 250 ms (${formatMicros(micros.min)} in the fastest of 20 starts)`;
    });
    return [{ title: 'a process', measured, notes }];
  },
};

function start(name: string, args: readonly string[]): Side {
  return {
    name,
    run: () => {
      const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      requireAnswer(status === 0 && (args[0] === '-e' || stdout.includes('submit')), name);
    },
  };
}
