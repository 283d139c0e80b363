/** Returns the names, those referred to before those that refer to them; in a cycle in the order given. */
export function parentsFirst(
  names: readonly string[],
  references: readonly (readonly [child: string, parent: string])[],
): string[] {
  const known = new Set(names);
  const parents = Map.groupBy(references, ([child]) => child);
  const ordered = new Set<string>();
  const visit = (name: string, path: ReadonlySet<string>): void => {
    if (!known.has(name) || ordered.has(name) || path.has(name)) return;
    for (const [, parent] of parents.get(name) ?? []) visit(parent, new Set([...path, name]));
    ordered.add(name);
  };
  for (const name of names) visit(name, new Set());
  return [...ordered];
}
