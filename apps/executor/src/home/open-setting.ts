import { openTarget, type Target } from '@countersign/targets';
import { resolve } from 'node:path';
import { readAuthorities } from './authorities.ts';
import type { HomePaths } from './home-directory.ts';
import { readSecret } from './secret.ts';
import { sessionProgram } from './session-program.ts';
import type { TargetSetting } from './target-setting.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the target of a setting, without touching it yet. Passwords are read at each connection and kept nowhere. A program that
 * `stays` keeps sessions for reads.
 * @throws `file/…` for authorities that cannot be read, and `target/bad-url`
 */
export function openSetting(
  paths: HomePaths,
  setting: TargetSetting,
  environment: Environment,
  stays = false,
): Target {
  const { name, url, readUrl, dryRunUrl, secrets, tls, ca, shadow } = setting;
  if (url.startsWith('sqlite:')) {
    const path = resolve(paths.directory, url.slice('sqlite:'.length));
    const program = sessionProgram(import.meta.filename);
    return openTarget({ name, url: `sqlite:${path}`, ...(program === undefined ? {} : { program }) });
  }
  const secret = (source: string | undefined, account: string): (() => string) | undefined =>
    source === undefined
      ? undefined
      : (): string => readSecret(source, `the password of ${account} of ${name}`, paths, environment);
  const authorities = ca === undefined ? undefined : readAuthorities(paths, ca);
  return openTarget({
    name,
    url,
    stays,
    password: secret(secrets?.main, 'url'),
    tls: { mode: tls, ca: authorities },
    ...(shadow === undefined ? {} : { shadow }),
    ...(readUrl === undefined ? {} : { read: { url: readUrl, password: secret(secrets?.read, 'read_url') } }),
    ...(dryRunUrl === undefined
      ? {}
      : { dryRun: { url: dryRunUrl, password: secret(secrets?.dryRun ?? secrets?.main, 'dry_run_url') } }),
  });
}
