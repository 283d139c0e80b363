import type { CatalogCascade, CatalogFunction, CatalogTable, CatalogTrigger } from '@countersign/sql';
import type { Engine } from './mysql-engine.ts';
import type { CatalogFile } from './mysql-files.ts';

const OURS = "NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema', 'kept')";

/** Inspects the fixture; what a function does is found by calling it. */
export async function inspect(engine: Engine, database: string): Promise<CatalogFile> {
  const tables: Record<string, CatalogTable> = {};
  const sequences: string[] = [];
  const defaults: Record<string, readonly string[]> = {};
  const found = await engine.ask(
    `SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE table_schema ${OURS} ORDER BY 1, 2`,
  );
  for (const [schema, name, type] of found) {
    const key = qualified(schema, name);
    if (type === 'SEQUENCE') sequences.push(key);
    tables[key] = await tableOf(engine, schema ?? '', name ?? '', type === 'VIEW');
    const moved = await sequencesOf(engine, schema ?? '', name ?? '');
    if (moved.length > 0) defaults[key] = moved;
  }
  const [mode] = await engine.ask('SELECT @@global.sql_mode');
  return {
    database,
    sql_mode: mode?.[0] ?? '',
    tables,
    triggers: await triggersOf(engine),
    functions: await functionsOf(engine),
    sequences,
    defaults,
  };
}

function qualified(schema: string | null | undefined, name: string | null | undefined): string {
  const plain = /^[a-z_][a-z0-9_]*$/.test(name ?? '');
  return `${schema ?? ''}.${plain ? (name ?? '') : `"${name ?? ''}"`}`;
}

async function tableOf(engine: Engine, schema: string, name: string, view: boolean): Promise<CatalogTable> {
  const columns = await engine.ask(
    `SELECT column_name FROM information_schema.columns WHERE table_schema = '${schema}' AND table_name = '${name}' ORDER BY ordinal_position`,
  );
  const names = columns.map(([column]) => column ?? '');
  if (!view) return { kind: 'table', columns: names, ...(await cascadesOf(engine, schema, name)) };
  const [definition] = await engine.ask(`SHOW CREATE VIEW \`${schema}\`.\`${name}\``);
  return { kind: 'view', columns: names, sql: definition?.[1] ?? '' };
}

async function cascadesOf(
  engine: Engine,
  schema: string,
  name: string,
): Promise<{ cascades?: readonly CatalogCascade[] }> {
  const rules = await engine.ask(
    `SELECT r.constraint_schema, r.table_name, r.delete_rule, r.update_rule, k.column_name FROM information_schema.referential_constraints r JOIN information_schema.key_column_usage k ON k.constraint_schema = r.constraint_schema AND k.constraint_name = r.constraint_name AND k.table_name = r.table_name WHERE r.unique_constraint_schema = '${schema}' AND r.referenced_table_name = '${name}' ORDER BY 1, 2`,
  );
  const cascades = rules.flatMap(([child, table, onDelete, onUpdate, column]): CatalogCascade[] => {
    const key = qualified(child, table);
    const columns = [column ?? ''];
    return [
      ...(onDelete === 'CASCADE' ? [{ table: key, on: 'delete' as const, columns: [] }] : []),
      ...(onDelete === 'SET NULL' ? [{ table: key, on: 'delete' as const, columns }] : []),
      ...(onUpdate === 'CASCADE' || onUpdate === 'SET NULL'
        ? [{ table: key, on: 'update' as const, columns }]
        : []),
    ];
  });
  return cascades.length === 0 ? {} : { cascades };
}

async function sequencesOf(engine: Engine, schema: string, name: string): Promise<string[]> {
  const found = await engine.ask(
    `SELECT column_default FROM information_schema.columns WHERE table_schema = '${schema}' AND table_name = '${name}' AND column_default LIKE 'nextval(%'`,
  );
  return found
    .map(([text]) => /^nextval\(`([^`]+)`\.`([^`]+)`\)/.exec(text ?? '')?.slice(1) ?? [])
    .map(([a, b]) => qualified(a, b));
}

async function triggersOf(engine: Engine): Promise<CatalogTrigger[]> {
  const found = await engine.ask(
    `SELECT trigger_schema, trigger_name, event_object_table, lower(event_manipulation) FROM information_schema.triggers WHERE trigger_schema ${OURS} ORDER BY 1, 2`,
  );
  const triggers: CatalogTrigger[] = [];
  for (const [schema, name, table, event] of found) {
    const [definition] = await engine.ask(`SHOW CREATE TRIGGER \`${schema ?? ''}\`.\`${name ?? ''}\``);
    if (event !== 'insert' && event !== 'update' && event !== 'delete')
      throw new Error(`event ${event ?? ''}`);
    triggers.push({
      name: name ?? '',
      table: qualified(schema, table),
      sql: definition?.[2] ?? '',
      on: [event],
    });
  }
  return triggers;
}

async function functionsOf(engine: Engine): Promise<Record<string, CatalogFunction>> {
  const found = await engine.ask(
    `SELECT routine_schema, routine_name FROM information_schema.routines WHERE routine_type = 'FUNCTION' AND routine_schema ${OURS} ORDER BY 1, 2`,
  );
  const functions: Record<string, CatalogFunction> = {};
  for (const [schema, name] of found) {
    const { error, changed, openedToWrite } = await engine.observe(`SELECT ${schema ?? ''}.${name ?? ''}(1)`);
    if (error !== undefined) throw new Error(error);
    functions[qualified(schema, name)] = changed
      ? { harmless: false, reads: [], writes: openedToWrite }
      : { harmless: true };
  }
  return functions;
}
