/** Which file imports which; every key is a file, every target is a key. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** Everything that can be reached from `starts`, themselves included. */
export function reach(graph: Graph, starts: Iterable<string>): Set<string> {
  const seen = new Set<string>();
  const waiting = [...starts];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    waiting.push(...(graph.get(file) ?? []));
  }
  return seen;
}

/** Finds the cycles: one path for each group of files that import each other, starting at its first file. */
export function findCycles(graph: Graph): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  for (const file of [...graph.keys()].sort()) {
    if (done.has(file)) continue;
    const path = pathBack(graph, file);
    if (path === undefined) continue;
    cycles.push(path);
    for (const member of path) done.add(member);
  }
  return cycles;
}

/** The shortest way from `file` back to itself, or undefined. */
function pathBack(graph: Graph, file: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  let ring = [file];
  while (ring.length > 0) {
    const next: string[] = [];
    for (const at of ring) {
      for (const target of graph.get(at) ?? []) {
        if (target === file) return walkBack(cameFrom, file, at);
        if (cameFrom.has(target)) continue;
        cameFrom.set(target, at);
        next.push(target);
      }
    }
    ring = next;
  }
  return undefined;
}

function walkBack(cameFrom: ReadonlyMap<string, string>, start: string, end: string): string[] {
  const path = [end];
  for (let at = end; at !== start;) {
    const before = cameFrom.get(at);
    if (before === undefined) break;
    path.unshift(before);
    at = before;
  }
  return path;
}
