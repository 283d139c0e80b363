import { channels } from './channels.ts';
import { codeBytes, version } from './codecs.ts';
import { measureDecoding } from './decode.ts';
import { unmet } from './demands.ts';
import { measureNeeded, payloads, type Needed } from './codes-needed.ts';

function table(needed: readonly Needed[], bytes: number): string {
  const own = needed.filter((one) => one.bytes === bytes);
  const names = [...new Set(own.map(({ codec }) => codec))];
  const head = `| ${bytes / 1000} KB | parts | ${channels.map(({ name }) => name).join(' | ')} |`;
  const rows = names.map((name) => {
    const cells = own.filter(({ codec }) => codec === name);
    const shown = cells.map((cell) => (cell.shown === undefined ? 'not whole' : cell.shown.toFixed(1)));
    return `| ${name} | ${cells[0]?.parts ?? 0} | ${shown.join(' | ')} |`;
  });
  return [head, `|---|--:|${channels.map(() => '--:').join('|')}|`, ...rows].join('\n');
}

const needed = measureNeeded();
process.stdout.write(
  `Codes shown until the message is whole; QR version ${version}-L, ${codeBytes} bytes a code\n\n`,
);
for (const bytes of payloads) process.stdout.write(`${table(needed, bytes)}\n\n`);
process.stdout.write('200 KB put together: processor time in all, memory as a multiple of the message\n\n');
for (const { frames, cpuMs, memory } of measureDecoding()) {
  process.stdout.write(`| ${frames} | ${cpuMs.toFixed(0)} ms | ${memory.toFixed(1)} |\n`);
}
process.stdout.write('\n');

const misses = unmet(needed);
process.stdout.write(misses.length === 0 ? 'every demand is met\n' : `not met:\n${misses.join('\n')}\n`);
process.exitCode = misses.length === 0 ? 0 : 1;
