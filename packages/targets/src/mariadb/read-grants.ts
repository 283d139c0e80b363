const readPrivileges = ['USAGE', 'SELECT', 'SHOW VIEW'];

/**
 * Returns what an account may do beyond reading, by the lines of SHOW GRANTS: privileges in upper case, or a
 * whole line that could not be read, a role among them. Empty for an account that can only read.
 */
export function excessPrivileges(grants: readonly string[]): string[] {
  const found = grants.flatMap((line) => {
    const list = /^GRANT (.+?) ON (?:FUNCTION |PROCEDURE |PACKAGE |PACKAGE BODY |TABLE )?[`*]/.exec(
      line,
    )?.[1];
    if (list === undefined) return [line];
    const privileges = list.replaceAll(/ \((?:`(?:[^`]|``)*`(?:, )?)+\)/g, '').split(', ');
    const excess = privileges.filter((privilege) => !readPrivileges.includes(privilege));
    return / WITH [A-Z_ 0-9]*GRANT OPTION/.test(line) ? [...excess, 'GRANT OPTION'] : excess;
  });
  return [...new Set(found)].toSorted();
}
