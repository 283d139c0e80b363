/** Pragmas that only answer, whether their argument names a table or is left out. */
const INQUIRIES: ReadonlySet<string> = new Set([
  'table_info',
  'table_xinfo',
  'table_list',
  'index_list',
  'index_info',
  'index_xinfo',
  'foreign_key_list',
  'foreign_key_check',
  'database_list',
  'collation_list',
  'function_list',
  'module_list',
  'pragma_list',
  'compile_options',
  'integrity_check',
  'quick_check',
]);

/** Pragmas that answer when they have no argument and set something when they have one. */
const SETTINGS: ReadonlySet<string> = new Set([
  'application_id',
  'auto_vacuum',
  'automatic_index',
  'busy_timeout',
  'cache_size',
  'cell_size_check',
  'data_version',
  'defer_foreign_keys',
  'encoding',
  'foreign_keys',
  'freelist_count',
  'journal_mode',
  'max_page_count',
  'mmap_size',
  'page_count',
  'page_size',
  'query_only',
  'recursive_triggers',
  'reverse_unordered_selects',
  'schema_version',
  'secure_delete',
  'synchronous',
  'temp_store',
  'threads',
  'trusted_schema',
  'user_version',
  'writable_schema',
]);

/** Pragmas that are known and do something even without an argument. */
const ACTIONS: ReadonlySet<string> = new Set([
  'optimize',
  'wal_checkpoint',
  'incremental_vacuum',
  'shrink_memory',
  'wal_autocheckpoint',
  'journal_size_limit',
  'locking_mode',
  'case_sensitive_like',
  'ignore_check_constraints',
  'legacy_alter_table',
  'temp_store_directory',
  'data_store_directory',
]);

export type PragmaKind = 'read' | 'set' | 'unknown';

/** What the pragma (its name in lower case) does when called with or without an argument. */
export function pragmaKind(name: string, hasArgument: boolean): PragmaKind {
  if (INQUIRIES.has(name)) return 'read';
  if (SETTINGS.has(name)) return hasArgument ? 'set' : 'read';
  return ACTIONS.has(name) ? 'set' : 'unknown';
}

/** True for pragmas that change what foreign keys, and with them cascades, do. */
export function isForeignKeyPragma(name: string): boolean {
  return name === 'foreign_keys' || name === 'defer_foreign_keys';
}

/** The names judged to be readable, for the test that runs each against the engine. */
export function readablePragmas(): readonly string[] {
  return [...INQUIRIES, ...SETTINGS];
}
