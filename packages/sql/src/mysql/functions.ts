import type { Modes } from './modes.ts';

/**
 * plain: the same answer for the same data, and no effect. varies: no effect, but the answer differs
 * from run to run or session to session. effectful: known to do something. unknown: not on a list.
 */
export type FunctionKind = 'plain' | 'varies' | 'effectful' | 'unknown';

/**
 * Names that a server has built in and a person judged. A name that only the other one has would there
 * be that of a stored function, so every list is of one dialect or of both. Those of MariaDB 10.11, and of MySQL
 * where its server is there, are proved by a test: a stored function of the same name is not called.
 */
interface Names {
  readonly both: ReadonlySet<string>;
  readonly mariadb: ReadonlySet<string>;
  readonly mysql: ReadonlySet<string>;
}

function setOf(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/).filter((name) => name !== ''));
}

const PLAIN: Names = {
  both: setOf(
    `abs acos adddate addtime aes_decrypt ascii asin atan atan2 avg bin binary bit_and bit_count bit_length bit_or
    bit_xor cast ceil ceiling char char_length character_length charset coalesce coercibility collation compress
    concat concat_ws conv convert convert_tz cos cot count crc32 cume_dist database date date_add date_format
    date_sub datediff day dayname dayofmonth dayofweek dayofyear degrees dense_rank elt exp export_set extract
    extractvalue field find_in_set first_value floor format from_base64 from_days from_unixtime get_format
    greatest group_concat hex hour if ifnull inet6_aton inet6_ntoa inet_aton inet_ntoa insert instr interval
    is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6 isnull json_array json_array_append json_array_insert
    json_arrayagg json_contains json_contains_path json_depth json_extract json_insert json_keys json_length
    json_merge_patch json_merge_preserve json_object json_objectagg json_overlaps json_pretty json_quote
    json_remove json_replace json_search json_set json_type json_unquote json_valid json_value lag last_day
    last_value lcase lead least left length ln locate log log10 log2 lower lpad ltrim make_set makedate maketime
    max md5 microsecond mid min minute mod month monthname name_const nth_value ntile nullif oct octet_length ord
    percent_rank period_add period_diff pi position pow power quarter quote radians rank regexp_instr
    regexp_replace regexp_substr repeat replace reverse right round row_number rpad rtrim schema sec_to_time
    second sha sha1 sha2 sign sin soundex space sqrt st_area st_asbinary st_asgeojson st_astext st_aswkb st_aswkt
    st_buffer st_centroid st_contains st_convexhull st_crosses st_difference st_dimension st_disjoint st_distance
    st_distance_sphere st_endpoint st_envelope st_equals st_exteriorring st_geometryn st_geometrytype
    st_geomfromgeojson st_geomfromtext st_geomfromwkb st_interiorringn st_intersection st_intersects st_isclosed
    st_isempty st_issimple st_length st_linefromtext st_mpointfromtext st_numgeometries st_numinteriorrings
    st_numpoints st_overlaps st_pointfromtext st_pointn st_polyfromtext st_srid st_startpoint st_symdifference
    st_touches st_union st_within st_x st_y std stddev stddev_pop stddev_samp str_to_date strcmp subdate substr
    substring substring_index subtime sum tan time time_format time_to_sec timediff timestamp timestampadd
    timestampdiff to_base64 to_days to_seconds trim truncate ucase uncompress uncompressed_length unhex updatexml
    upper values var_pop var_samp variance version week weekday weekofyear weight_string year yearweek`,
  ),
  mariadb: setOf(
    `add_months chr column_add column_check column_create column_delete column_exists column_get column_json column_list
    concat_operator_oracle crc32c decode decode_histogram decode_oracle encode json_compact json_detailed
    json_equals json_exists json_loose json_merge json_normalize json_query lengthb lpad_oracle ltrim_oracle
    median natural_sort_key nvl nvl2 old_password password percentile_cont percentile_disc replace_oracle rownum
    rpad_oracle rtrim_oracle sformat st_boundary substr_oracle to_char trim_oracle value`,
  ),
  mysql: setOf(
    `any_value bin_to_uuid format_bytes format_pico_time geometrycollection grouping gtid_subset gtid_subtract
    is_uuid json_schema_valid json_storage_free json_storage_size linestring multilinestring multipoint
    multipolygon point polygon regexp_like st_geohash st_isvalid st_latitude st_longitude st_simplify st_transform
    statement_digest statement_digest_text uuid_to_bin`,
  ),
};

const VARIES: Names = {
  both: setOf(
    `connection_id curdate current_date current_role current_time current_timestamp current_user curtime found_rows
    is_free_lock is_used_lock last_insert_id localtime localtimestamp now rand random_bytes row_count session_user
    sysdate system_user unix_timestamp user utc_date utc_time utc_timestamp uuid`,
  ),
  mariadb: setOf(`des_encrypt encrypt lastval sys_guid`),
  mysql: setOf(''),
};

/** They wait, lock, move a sequence or a counter of the server, or reach its files. */
const EFFECTFUL: Names = {
  both: setOf(`benchmark get_lock load_file master_pos_wait release_all_locks release_lock sleep uuid_short`),
  mariadb: setOf(`master_gtid_wait nextval setval wsrep_sync_wait_upto_gtid`),
  mysql: setOf(`source_pos_wait wait_for_executed_gtid_set`),
};

/** MySQL 9.6 and later have them only as a component: without it the name is that of a stored function. */
const NOT_EVERYWHERE: ReadonlySet<string> = setOf('md5 sha sha1');

/** Whether a name on the lists is built in in some versions of the dialect only. */
export function isNotEverywhere(name: string, dialect: Modes['dialect']): boolean {
  return dialect === 'mysql' && NOT_EVERYWHERE.has(name);
}

/** What a built-in function of this lower-case name does. */
export function functionKind(name: string, dialect: Modes['dialect']): FunctionKind {
  const has = (names: Names): boolean => names.both.has(name) || names[dialect].has(name);
  if (has(PLAIN)) return 'plain';
  if (has(VARIES)) return 'varies';
  return has(EFFECTFUL) ? 'effectful' : 'unknown';
}

/** Every name that is on a list of the dialect. */
export function builtInFunctions(dialect: Modes['dialect']): readonly string[] {
  return [PLAIN, VARIES, EFFECTFUL].flatMap((names) => [...names.both, ...names[dialect]]);
}
