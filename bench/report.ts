import { cpus, loadavg, release } from 'node:os';
import type { Comparison } from './benchmark.ts';
import type { Measured, Spread } from './measure.ts';

/** Returns the line that says on what a run was made. */
export function formatMachine(): string {
  const [first] = cpus();
  const cores = `${cpus().length} × ${first?.model.trim() ?? 'unknown processor'}`;
  const load = `load ${loadavg()[0]?.toFixed(1) ?? 'unknown'}`;
  return `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cores}, Linux ${release()}, ${load}`;
}

/** Returns a comparison as a Markdown table with its notes below. */
export function formatComparison({ title, measured, notes = [] }: Comparison): string {
  const head = ['| ', title, ' | median | min–max | ÷ floor | min–max |\n|---|--:|--:|--:|--:|'].join('');
  const lines = measured.map((side, index) => formatSide(side, index === measured.length - 1));
  return [head, ...lines, ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `- ${note}`)])].join(
    '\n',
  );
}

function formatSide({ name, micros, ratio }: Measured, isFloor: boolean): string {
  const times = `${formatMicros(micros.median)} | ${range(micros, formatMicros)}`;
  if (isFloor) return `| floor: ${name} | ${times} | 1 | |`;
  return `| ${name} | ${times} | **${formatRatio(ratio.median)}** | ${range(ratio, formatRatio)} |`;
}

function range({ min, max }: Spread, format: (value: number) => string): string {
  return `${format(min)}–${format(max)}`;
}

/** Returns a time with its unit, to three digits. */
export function formatMicros(micros: number): string {
  if (micros < 0) return `−${formatMicros(-micros)}`;
  if (micros >= 1_000_000) return `${Number((micros / 1_000_000).toPrecision(3))} s`;
  if (micros >= 1000) return `${Number((micros / 1000).toPrecision(3))} ms`;
  return `${Number(micros.toPrecision(3))} µs`;
}

function formatRatio(ratio: number): string {
  return `${Number(ratio.toPrecision(ratio >= 100 ? 3 : 2))}`;
}
