import type { Decoding } from './decode.ts';
import type { Carried } from './throughput.ts';
import type { Needed } from './codes-needed.ts';

/**
 * Returns what is demanded and not met, one sentence each: K codes without loss, at most 1.5 K at 30 % loss, at most
 * 3 % more than RaptorQ, and never more than any other.
 */
export function unmet(needed: readonly Needed[]): readonly string[] {
  return needed
    .filter(({ codec }) => codec === 'countersign')
    .flatMap((ours) => {
      const { bytes, channel, parts, shown } = ours;
      const where = `${bytes} bytes, ${channel}`;
      if (shown === undefined) return [`${where}: never whole`];
      const misses: string[] = [];
      if (channel === 'no loss' && shown !== parts)
        misses.push(`${where}: ${shown} codes, expected ${parts}`);
      // Half a code of chance: the rounds are few.
      if (channel === '30 % lost' && shown > 1.5 * parts + 0.5) misses.push(`${where}: ${shown / parts} K`);
      for (const peer of needed) {
        if (peer.codec === 'countersign' || peer.bytes !== bytes || peer.channel !== channel) continue;
        const most = (peer.shown ?? Infinity) * (peer.codec === 'raptorq' ? 1.03 : 1);
        if (shown > most) misses.push(`${where}: ${shown} codes, ${peer.codec} ${most}`);
      }
      return misses;
    });
}

/**
 * Returns what is demanded of putting 200 KB together and not met: 150 ms of processor time and four times the message of memory.
 * `machine` says what the machine was at work with: one that many share takes longer for the same.
 */
export function unmetDecoding(decodings: readonly Decoding[], machine: string): readonly string[] {
  return decodings.flatMap(({ frames, cpuMs, memory }) => [
    ...(cpuMs < 150
      ? []
      : [
          `200 KB from ${frames}: ${cpuMs.toFixed(0)} ms of processor time, expected less than 150 (${machine})`,
        ]),
    ...(memory < 4
      ? []
      : [`200 KB from ${frames}: ${memory.toFixed(1)} times the message in memory, expected less than 4`]),
  ]);
}

/**
 * Returns what is demanded of the road through a browser and not met: every message whole, as fast as the prototype of
 * the design but for 2 %, and 4 KB within half a second in good and one second in hard conditions.
 */
export function unmetSpeed(carried: readonly Carried[]): readonly string[] {
  return carried.flatMap(({ bytes, conditions, screen, elapsedMs, prototype }) => {
    const where = `${bytes} bytes, ${conditions}, ${screen.codes} codes of version ${screen.version} at ${screen.rate}/s`;
    if (elapsedMs === undefined) return [`${where}: not whole in a minute`];
    const most = bytes <= 4000 ? { good: 500, hard: 1000 }[conditions] : undefined;
    const misses: string[] = [];
    if (most !== undefined && elapsedMs > most) misses.push(`${where}: ${elapsedMs} ms, expected ${most}`);
    const speed = (1000 * bytes) / elapsedMs;
    if (prototype !== undefined && speed < 0.98 * prototype)
      misses.push(`${where}: ${speed} bytes a second, expected ${prototype}`);
    return misses;
  });
}
