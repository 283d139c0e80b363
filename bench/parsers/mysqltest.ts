/** Commands of mysqltest that stand where a statement could and end as one does. */
const COMMANDS = new Set(
  (
    'append_file assert break cat_file change_user character_set chmod connect connection copy_file copy_files_wildcard dec delimiter ' +
    'die diff_files dirty_close disable_abort_on_error disable_connect_log disable_info disable_metadata disable_parsing disable_ps_protocol ' +
    'disable_query_log disable_reconnect disable_result_log disable_rpl_parse disable_testcase disable_warnings disconnect echo enable_abort_on_error ' +
    'enable_connect_log enable_info enable_metadata enable_parsing enable_ps_protocol enable_query_log enable_reconnect enable_result_log ' +
    'enable_testcase enable_warnings error eval evalp exec exit expr file_exists horizontal_results if inc let list_files list_files_append_file ' +
    'list_files_write_file lowercase_result mkdir move_file perl ping ps_execute query_get_value query_horizontal query_vertical reap ' +
    'real_sleep remove_file remove_files_wildcard replace_column replace_numeric_round replace_regex replace_result require ' +
    'reset_connection result_format rmdir send send_eval send_quit send_shutdown shutdown_server skip sleep sorted_result source start_timer ' +
    'end_timer sync_slave_with_master sync_with_master system save_master_pos tolerant_error vertical_results wait_for_slave_to_stop while write_file'
  ).split(' '),
);
const BLOCK = /(?:if|while)\s*\([^{;]*\{/iy;
const QUOTED = /'[^'\\]*(?:(?:''|\\[^])[^'\\]*)*'|"[^"\\]*(?:(?:""|\\[^])[^"\\]*)*"|`[^`]*`|[^]/gy;

/** The statements of a file for mysqltest, without its own commands and what it makes by its variables. */
export function mysqltestStatements(text: string): string[] {
  const statements: string[] = [];
  let delimiter = ';';
  let at = 0;
  while ((at = blankEnd(text, at)) < text.length) {
    if (text[at] === '#' || text.startsWith('--', at)) {
      const line = text.slice(at, lineEnd(text, at));
      at += line.length;
      delimiter = /^--\s*delimiter\s+(\S+)/i.exec(line)?.[1] ?? delimiter;
      at = bodyEnd(text, at, line.replace(/^--\s*/, ''));
      continue;
    }
    BLOCK.lastIndex = at;
    const skipped = text[at] === '}' ? '}' : BLOCK.exec(text)?.[0];
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    const end = statementEnd(text, at, delimiter);
    const statement = text.slice(at, end).trim();
    at = end + delimiter.length;
    const word = /^\w+/.exec(statement)?.[0].toLowerCase() ?? '';
    if (word === 'delimiter') delimiter = statement.slice(word.length).trim();
    if (COMMANDS.has(word)) at = bodyEnd(text, at, statement);
    else if (statement !== '') statements.push(statement);
  }
  return statements;
}

function blankEnd(text: string, at: number): number {
  const blank = /\s*/y;
  blank.lastIndex = at;
  blank.exec(text);
  return Math.max(at, blank.lastIndex);
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function statementEnd(text: string, start: number, delimiter: string): number {
  QUOTED.lastIndex = start;
  for (let found = QUOTED.exec(text); found !== null; found = QUOTED.exec(text))
    if (text.startsWith(delimiter, found.index)) return found.index;
  return text.length;
}

/** Where the lines end that belong to a command: a program, a file to write, what is switched off. */
function bodyEnd(text: string, at: number, command: string): number {
  const [word = '', ...rest] = command.trim().split(/\s+/);
  const name = word.toLowerCase();
  const after = (mark: string): number => {
    const end = text.indexOf(`\n${mark}`, at);
    return end < 0 ? text.length : lineEnd(text, end + 1);
  };
  if (name === 'disable_parsing') return after('--enable_parsing');
  if (name === 'perl') return after(rest[0] ?? 'EOF');
  return name === 'write_file' || name === 'append_file' ? after(rest[1] ?? 'EOF') : at;
}
