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
