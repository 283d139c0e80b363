/**
 * `node bench/run.ts [name…]` runs the named benchmarks, or all, and prints for each how long ours and its floor took in
 * the same alternating rounds, and how many times the floor ours is. It asserts right answers, and times only where one is demanded:
 * then it ends with exit code 1 when the demand is not met.
 */
import { appendBenchmark } from './append.ts';
import { auditBenchmark } from './audit.ts';
import type { Benchmark } from './benchmark.ts';
import { classifyBenchmark } from './classify.ts';
import { diffBenchmark } from './diff/benchmark.ts';
import { pageBenchmark } from './page.ts';
import { readBenchmark } from './read.ts';
import { formatComparison, formatMachine } from './report.ts';
import { sealBenchmark } from './seal.ts';
import { startupBenchmark } from './startup.ts';
import { verdictBenchmark } from './verdict.ts';
import { verifyBenchmark } from './verify.ts';

const all: readonly Benchmark[] = [
  classifyBenchmark,
  verdictBenchmark,
  sealBenchmark,
  verifyBenchmark,
  appendBenchmark,
  auditBenchmark,
  readBenchmark,
  startupBenchmark,
  diffBenchmark,
  pageBenchmark,
];

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !all.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0 || names.includes('--help')) {
    const list = all.map(({ name, about }) => `  ${name.padEnd(10)}${about}\n`).join('');
    process.stderr.write(`usage: node bench/run.ts [name…]\n${list}`);
    return names.includes('--help') ? 0 : 2;
  }
  let misses = 0;
  for (const benchmark of all) {
    if (names.length > 0 && !names.includes(benchmark.name)) continue;
    process.stdout.write(`## ${benchmark.name}\n\n${benchmark.about}\n\n${formatMachine()}\n`);
    for (const comparison of await benchmark.run()) {
      process.stdout.write(`\n${formatComparison(comparison)}\n`);
      for (const miss of comparison.unmet ?? []) process.stdout.write(`\nnot met: ${miss}\n`);
      misses += comparison.unmet?.length ?? 0;
    }
    process.stdout.write('\n');
  }
  return misses === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
