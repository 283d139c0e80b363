/**
 * The functions a read may call: the engine's own that look at nothing but their arguments, the
 * clock, and the matched row. Everything else is denied, known or not.
 */
export const readFunctions: ReadonlySet<string> = new Set(
  `
  abs char coalesce concat concat_ws format glob hex if ifnull iif instr length like likelihood likely
  lower ltrim max min nullif octet_length printf quote random randomblob replace round rtrim sign
  soundex substr substring trim typeof unhex unicode unistr unistr_quote unlikely upper zeroblob
  sqlite_version last_insert_rowid changes total_changes sqlite_source_id
  avg count group_concat string_agg sum total median percentile percentile_cont percentile_disc
  row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
  date time datetime julianday unixepoch strftime timediff current_date current_time current_timestamp
  json jsonb json_array jsonb_array json_array_length json_array_insert jsonb_array_insert
  json_error_position json_extract jsonb_extract -> ->>
  json_insert jsonb_insert json_object jsonb_object json_patch jsonb_patch json_pretty json_remove
  jsonb_remove json_replace jsonb_replace json_set jsonb_set json_type json_valid json_quote
  json_group_array jsonb_group_array json_group_object jsonb_group_object
  acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod
  pi pow power radians sin sinh sqrt tan tanh trunc
  match highlight snippet bm25 offsets matchinfo rtreedepth regexp
  `
    .split(/\s+/)
    .filter((name) => name !== ''),
);
