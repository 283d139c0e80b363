/** What a program's exit status means; the same in all three programs and in the field `exit_code` of `--json`. */
export const ExitCode = {
  done: 0,
  error: 1,
  usage: 2,
  denied: 3,
  identity: 4,
  rejected: 5,
  expired: 6,
  waitTimedOut: 7,
  pending: 8,
  drift: 9,
  verificationFailed: 10,
  ambiguous: 11,
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const areas: ReadonlyMap<string, ExitCode> = new Map<string, ExitCode>([
  ['usage', ExitCode.usage],
  ['config', ExitCode.usage],
  ['policy', ExitCode.usage],
  ['key', ExitCode.identity],
  ['keyfile', ExitCode.identity],
  ['passphrase', ExitCode.identity],
  ['pem', ExitCode.identity],
  ['pkcs8', ExitCode.identity],
  ['cspub', ExitCode.identity],
  ['root', ExitCode.identity],
  ['signature', ExitCode.verificationFailed],
  ['cose', ExitCode.verificationFailed],
  ['merkle', ExitCode.verificationFailed],
  ['checkpoint', ExitCode.verificationFailed],
  ['ledger', ExitCode.verificationFailed],
  ['roster', ExitCode.verificationFailed],
]);

/** Returns the exit code of an error that names none itself, by the area its code begins with; `error` for any other area. */
export function exitCodeOfArea(code: string): ExitCode {
  const area = code.slice(0, code.indexOf('/'));
  return areas.get(area) ?? ExitCode.error;
}
