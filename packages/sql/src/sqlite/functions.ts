/** Built-in functions whose only effect is their value. */
const PLAIN: ReadonlySet<string> = new Set(
  `abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling char coalesce concat concat_ws cos cosh
  count cume_dist degrees dense_rank exp first_value floor format glob group_concat hex if ifnull iif instr
  json json_array json_array_length json_array_insert json_error_position json_extract json_group_array
  json_group_object json_insert json_object json_patch json_pretty json_quote json_remove json_replace json_set
  json_type json_valid jsonb jsonb_array jsonb_array_insert jsonb_extract jsonb_group_array jsonb_group_object
  jsonb_insert jsonb_object jsonb_patch jsonb_remove jsonb_replace jsonb_set lag last_value lead length like
  likelihood likely ln log log10 log2 lower ltrim max median min mod nth_value ntile nullif octet_length
  percent_rank percentile percentile_cont percentile_disc pi pow power printf quote radians rank replace round
  row_number rtrim sign sin sinh soundex sqlite_compileoption_get sqlite_compileoption_used sqlite_source_id
  sqlite_version sqrt string_agg substr substring subtype sum tan tanh total trim trunc typeof unhex unicode
  unistr unistr_quote unlikely upper zeroblob -> ->>`.split(/\s+/),
);

/** Built-in functions without effect whose value differs from one run to the next. */
const VOLATILE: ReadonlySet<string> = new Set([
  'random',
  'randomblob',
  'date',
  'time',
  'datetime',
  'julianday',
  'strftime',
  'timediff',
  'unixepoch',
  'current_date',
  'current_time',
  'current_timestamp',
]);

/** Functions that date and time come from only when their arguments ask for now. */
const CLOCK: ReadonlySet<string> = new Set([
  'date',
  'time',
  'datetime',
  'julianday',
  'strftime',
  'timediff',
  'unixepoch',
]);

/** Functions known to do something beside giving a value. */
const EFFECTFUL: ReadonlySet<string> = new Set([
  'load_extension',
  'fts3_tokenizer',
  'optimize',
  'sqlite_log',
  'writefile',
  'readfile',
  'edit',
  'eval',
]);

/** Table-valued functions without effect. */
const TABLE_VALUED: ReadonlySet<string> = new Set(['json_each', 'json_tree', 'jsonb_each', 'jsonb_tree']);

/** Virtual tables that exist without being created and are not plain tables. */
const EPONYMOUS: ReadonlySet<string> = new Set([
  'dbstat',
  'bytecode',
  'tables_used',
  'generate_series',
  'completion',
  'fsdir',
  'zipfile',
  'fts3tokenize',
  'carray',
  'csv',
]);

export type FunctionKind = 'plain' | 'clock' | 'volatile' | 'effectful' | 'unknown';

/** What calling the function (its name in lower case) does. */
export function functionKind(name: string): FunctionKind {
  if (PLAIN.has(name)) return 'plain';
  if (CLOCK.has(name)) return 'clock';
  if (VOLATILE.has(name)) return 'volatile';
  return EFFECTFUL.has(name) ? 'effectful' : 'unknown';
}

export function isTableValued(name: string): boolean {
  return TABLE_VALUED.has(name);
}

/** True for a relation name that SQLite itself answers by code that was not judged here. */
export function isEponymous(name: string): boolean {
  return EPONYMOUS.has(name) || name.startsWith('sqlite_');
}

/** Every name this page of the program knows, for the test that holds it against the engine. */
export function knownFunctions(): ReadonlyMap<string, FunctionKind> {
  const names = [...PLAIN, ...VOLATILE, ...EFFECTFUL];
  return new Map(names.map((name): [string, FunctionKind] => [name, functionKind(name)]));
}
