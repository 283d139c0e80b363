/**
 * Words that are no name unless they stand in backquotes or after a dot. The first list is MariaDB 10.11's,
 * found by asking the server which keywords it takes as a column; a test asks again.
 */
const BOTH = `accessible add all alter analyze and as asc asensitive before between bigint binary blob both by call
  cascade case change char character check collate column condition constraint continue convert create cross
  current_date current_time current_timestamp current_user cursor databases day_hour day_microsecond day_minute
  day_second dec decimal declare default delayed delete desc describe deterministic distinct distinctrow div double
  drop dual each else elseif enclosed escaped except exists exit explain false fetch float float4 float8 for force
  foreign from fulltext grant group having high_priority hour_microsecond hour_minute hour_second if ignore in index
  infile inner inout insensitive insert int int1 int2 int3 int4 int8 integer intersect interval into is iterate join
  key keys kill leading leave left like limit linear lines load localtime localtimestamp lock long longblob longtext
  loop low_priority master_ssl_verify_server_cert match maxvalue mediumblob mediumint mediumtext middleint
  minute_microsecond minute_second mod modifies natural no_write_to_binlog not null numeric on optimize optionally or
  order out outer outfile over partition precision primary procedure purge range read read_write reads real recursive
  references regexp release rename repeat replace require resignal restrict return revoke right rlike row_number rows
  schemas second_microsecond select sensitive separator set show signal smallint spatial specific sql sql_big_result
  sql_calc_found_rows sql_small_result sqlexception sqlstate sqlwarning ssl starting straight_join table terminated
  then tinyblob tinyint tinytext to trailing trigger true undo union unique unlock unsigned update usage use using
  utc_date utc_time utc_timestamp values varbinary varchar varcharacter varying when where while with write xor
  year_month zerofill`;

const MARIADB = `current_role delete_domain_id do_domain_ids ignore_domain_ids master_demote_to_replica
  master_demote_to_slave offset page_checksum parse_vcol_expr portion ref_system_id returning sql_buffer_result
  sql_cache sql_no_cache stats_auto_recalc stats_persistent stats_sample_pages`;

/** From the manual of MySQL 8.0 to 9; a test asks a server of it where there is one. */
const MYSQL = `cube cume_dist database dense_rank empty first_value function generated get grouping groups
  io_after_gtids io_before_gtids json_table lag last_value lateral lead library manual master_bind nth_value ntile of
  optimizer_costs parallel percent_rank qualify rank row schema sql_after_gtids sql_before_gtids stored system
  tablesample virtual window`;

function setOf(...lists: readonly string[]): ReadonlySet<string> {
  return new Set(lists.flatMap((list) => list.split(/\s+/)));
}

/** Lower-case words that a dialect takes as no bare name. */
export const RESERVED: Readonly<Record<'mysql' | 'mariadb', ReadonlySet<string>>> = {
  mysql: setOf(BOTH, MYSQL),
  mariadb: setOf(BOTH, MARIADB),
};

/** Not reserved, but no alias without AS either, because what they begin would be another thing. */
export const NO_BARE_ALIAS: ReadonlySet<string> = setOf(
  'window sounds lateral json_table tablesample returning offset member final empty',
);

/** Words that stand for a value. */
export const CONSTANT_WORDS: ReadonlySet<string> = setOf('null true false');

/** Functions that need no parentheses. */
export const BARE_FUNCTIONS: ReadonlySet<string> = setOf(
  `current_date current_time current_timestamp current_user current_role localtime localtimestamp
  utc_date utc_time utc_timestamp`,
);

/**
 * Functions whose name is one only when the parenthesis follows at once, unless the mode IGNORE_SPACE is
 * set; apart from it the name is that of a stored function.
 */
export const NO_SPACE_FUNCTIONS: ReadonlySet<string> = setOf(
  `adddate bit_and bit_or bit_xor cast count curdate curtime date_add date_sub extract group_concat json_arrayagg
  json_objectagg max mid min now position session_user st_collect std stddev stddev_pop stddev_samp subdate substr
  substring sum sysdate system_user trim var_pop var_samp variance avg median percentile_cont percentile_disc
  cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number user
  decode trim_oracle`,
);

/** Units of INTERVAL and of the functions that take one as a bare word. */
export const UNITS: ReadonlySet<string> = setOf(
  `microsecond second minute hour day week month quarter year second_microsecond minute_microsecond minute_second
  hour_microsecond hour_second hour_minute day_microsecond day_second day_minute day_hour year_month sql_tsi_second
  sql_tsi_minute sql_tsi_hour sql_tsi_day sql_tsi_week sql_tsi_month sql_tsi_quarter sql_tsi_year`,
);
