/** One line of two texts: in the first only, in the second only, or in both. */
export interface DiffLine {
  readonly kind: 'removed' | 'added' | 'same';
  readonly text: string;
}

// Beyond this the table would take too long: then what differs is shown as one block.
const cellsMax = 4_000_000;

/** Returns the lines of two texts, those of the first before those of the second where they differ. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  const room = Math.min(old.length, now.length) - head;
  while (tail < room && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  return [
    ...lines('same', old.slice(0, head)),
    ...diffMiddle(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...lines('same', old.slice(old.length - tail)),
  ];
}

function lines(kind: DiffLine['kind'], texts: readonly string[]): readonly DiffLine[] {
  return texts.map((text) => ({ kind, text }));
}

function diffMiddle(old: readonly string[], now: readonly string[]): readonly DiffLine[] {
  if (old.length * now.length > cellsMax) return [...lines('removed', old), ...lines('added', now)];
  const width = now.length + 1;
  const common = commonLengths(old, now, width);
  const found: DiffLine[] = [];
  let [left, right] = [0, 0];
  while (left < old.length || right < now.length) {
    const [one = '', other = ''] = [old[left], now[right]];
    const down = common[(left + 1) * width + right] ?? 0;
    const across = common[left * width + right + 1] ?? 0;
    if (left < old.length && right < now.length && one === other) {
      found.push({ kind: 'same', text: one });
      left += 1;
      right += 1;
    } else if (right >= now.length || (left < old.length && down >= across)) {
      found.push({ kind: 'removed', text: one });
      left += 1;
    } else {
      found.push({ kind: 'added', text: other });
      right += 1;
    }
  }
  return found;
}

/** Returns, for every two beginnings left out, how many lines the rests have in common. */
function commonLengths(old: readonly string[], now: readonly string[], width: number): Uint32Array {
  const common = new Uint32Array((old.length + 1) * width);
  for (let left = old.length - 1; left >= 0; left -= 1) {
    for (let right = now.length - 1; right >= 0; right -= 1) {
      const at = left * width + right;
      common[at] =
        old[left] === now[right]
          ? (common[at + width + 1] ?? 0) + 1
          : Math.max(common[at + width] ?? 0, common[at + 1] ?? 0);
    }
  }
  return common;
}
