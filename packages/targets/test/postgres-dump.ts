import type { Cell, Diff } from '@countersign/diff';
import type { Shop } from './postgres-server.ts';

/** Every row of every table as text, by the table's qualified name. */
export type Dump = ReadonlyMap<string, readonly (readonly (string | null)[])[]>;

const tables = `SELECT quote_ident(nspname) || '.' || quote_ident(relname),
    (SELECT json_agg(atttypid IN ('float4'::regtype, 'float8'::regtype) ORDER BY attnum) FROM pg_attribute
      WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema', '_countersign') ORDER BY 1`;

export async function dump(shop: Shop): Promise<Dump> {
  const found = new Map<string, readonly (readonly (string | null)[])[]>();
  for (const [name, json] of await shop.sql(tables)) {
    const isReal = JSON.parse(json ?? '[]') as readonly boolean[];
    const rows = await shop.sql(`SELECT * FROM ONLY ${name ?? ''} t ORDER BY t::text`);
    found.set(
      name ?? '',
      rows.map((row) => row.map((text, index) => (isReal[index] === true ? realText(text) : text))),
    );
  }
  return found;
}

/** As a diff writes a real, which never looks like a whole number. */
function realText(text: string | null): string | null {
  if (text === null) return null;
  if (text === '-0') return '-0.0';
  return String(Number(text)).replace(/^-?[0-9]+$/, '$&.0');
}

/** A change as sorted lines `table -row +row`; slow and obvious, and knows nothing of how the diff is found. */
export function compareDumps(before: Dump, after: Dump): string[] {
  const lines: string[] = [];
  for (const [table, rows] of before) {
    const left = [...(after.get(table) ?? [])].map((row) => JSON.stringify(row));
    for (const row of rows) {
      const text = JSON.stringify(row);
      const at = left.indexOf(text);
      if (at >= 0) left.splice(at, 1);
      else lines.push(`${table} -${text}`);
    }
    lines.push(...left.map((text) => `${table} +${text}`));
  }
  return lines.toSorted();
}

/** The lines that a diff says. */
export function linesOf(diff: Diff): string[] {
  const lines = diff.tables.flatMap(({ table, changes }) =>
    changes.flatMap(({ before, after }) => [
      ...(before === null ? [] : [`${table} -${JSON.stringify(before.map(textOf))}`]),
      ...(after === null ? [] : [`${table} +${JSON.stringify(after.map(textOf))}`]),
    ]),
  );
  return lines.toSorted();
}

/** As the engine writes the value under its defaults. */
export function textOf(cell: Cell): string | null {
  switch (cell.type) {
    case 'null':
      return null;
    case 'boolean':
      return cell.value ? 't' : 'f';
    case 'bytes':
      return `\\x${Buffer.from(cell.value).toString('hex')}`;
    case 'integer':
    case 'number':
    case 'text':
      return String(cell.value);
  }
}
