/** What `--version` says. */
export const approverVersion = '0.1.0';
