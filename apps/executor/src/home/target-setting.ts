import { parseRego, type RegoSetting } from './rego-setting.ts';
import { secretShape } from './secret.ts';
import type { ConfigurationNode } from './strict-yaml.ts';

/** One database, as `countersign.yaml` names it. */
export interface TargetSetting {
  readonly name: string;
  /** `sqlite:PATH`, the path relative to the home when it is not absolute, or the URL of a server, which holds no password. */
  readonly url: string;
  readonly tags: readonly string[];
  /** Account that can only read, for what policy lets through unasked. */
  readonly readUrl?: string;
  /** Server or account for dry runs, where it is not the one of `url`. */
  readonly dryRunUrl?: string;
  readonly secrets?: TargetSecrets;
  readonly tls?: 'verify-full' | 'off';
  /** `file:PATH` of the authorities that the server's certificate may come from. */
  readonly ca?: string;
  /** Absolute path of a server program of MariaDB's that tries definitions on a copy of the schema. */
  readonly shadow?: string;
  /** Milliseconds that a dry run or a run waits for what others have locked; 0 gives up at once. */
  readonly lockWaitMs?: number;
  /** The Rego policy that is asked beside the one of the home. */
  readonly rego?: RegoSetting;
}

/** Where the passwords of a target's accounts stand: `env:NAME` or `file:PATH`. */
export interface TargetSecrets {
  readonly main?: string;
  readonly read?: string;
  readonly dryRun?: string;
}

const lockWaitMsMax = 60_000;
const serverKeys = [
  'read_url',
  'dry_run_url',
  'password',
  'read_password',
  'dry_run_password',
  'tls',
  'ca',
  'shadow',
] as const;
const urlShape = /^(?:sqlite:.+|(?:postgres|postgresql|mysql|mariadb):\/\/[^\s]+)$/;
const urlExpected = 'sqlite:PATH or the URL of a server (postgres, mysql, mariadb)';

/** @throws `configuration/…` */
export function parseTarget(name: string, node: ConfigurationNode): TargetSetting {
  const entries = node.record(['url', 'tags', 'rego', 'lock_wait_ms', ...serverKeys], ['url']);
  const optional = <T>(key: string, parse: (value: ConfigurationNode) => T): T | undefined => {
    const value = entries.get(key);
    return value === undefined ? undefined : parse(value);
  };
  const url = optional('url', parseUrl) ?? '';
  if (url.startsWith('sqlite:')) refuseServerKeys(entries);
  const readUrl = optional('read_url', parseServer);
  const dryRunUrl = optional('dry_run_url', parseServer);
  const ca = optional('ca', (value) => value.text(/^file:.+$/, 'file:PATH'));
  const tls = optional('tls', parseTls);
  const secrets = parseSecrets(entries);
  const shadow = optional('shadow', (value) => parseShadow(value, url));
  const rego = optional('rego', parseRego);
  const lockWaitMs = optional('lock_wait_ms', (value) => value.integer(0, lockWaitMsMax));
  return {
    name,
    url,
    tags: optional('tags', parseTags) ?? [],
    ...(readUrl === undefined ? {} : { readUrl }),
    ...(dryRunUrl === undefined ? {} : { dryRunUrl }),
    ...(ca === undefined ? {} : { ca }),
    ...(tls === undefined ? {} : { tls }),
    ...(secrets === undefined ? {} : { secrets }),
    ...(shadow === undefined ? {} : { shadow }),
    ...(lockWaitMs === undefined ? {} : { lockWaitMs }),
    ...(rego === undefined ? {} : { rego }),
  };
}

function parseTags(node: ConfigurationNode): readonly string[] {
  return node.items().map((tag) => tag.text(/^[a-z0-9._:-]{1,64}$/, 'a tag (a-z 0-9 . _ : -)'));
}

function parseUrl(node: ConfigurationNode): string {
  const url = node.text(urlShape, urlExpected);
  // The file is copied and shown; a password has a place of its own.
  if (/^[a-z]+:\/\/[^@/]*:[^@/]*@/.test(url)) {
    throw node.error(
      'configuration/value',
      `${node.path} holds a password`,
      'name it beside the URL: password: env:NAME or file:PATH',
    );
  }
  return url;
}

function parseServer(node: ConfigurationNode): string {
  const url = parseUrl(node);
  if (!url.startsWith('sqlite:')) return url;
  throw node.error('configuration/value', `${node.path} is no URL of a server`);
}

function parseShadow(node: ConfigurationNode, url: string): string {
  const path = node.text(/^\/[^\0]{1,1023}$/, 'the absolute path of a program, such as /usr/sbin/mariadbd');
  if (/^(?:mysql|mariadb):/.test(url)) return path;
  throw node.error('configuration/value', `${node.path} is for targets on MariaDB`);
}

function parseTls(node: ConfigurationNode): 'verify-full' | 'off' {
  return node.text(/^(?:verify-full|off)$/, 'verify-full or off') === 'off' ? 'off' : 'verify-full';
}

function parseSecrets(entries: ReadonlyMap<string, ConfigurationNode>): TargetSecrets | undefined {
  const secret = (key: string): string | undefined =>
    entries.get(key)?.text(secretShape, 'env:NAME or file:PATH');
  const [main, read, dryRun] = [secret('password'), secret('read_password'), secret('dry_run_password')];
  if (main === undefined && read === undefined && dryRun === undefined) return undefined;
  return {
    ...(main === undefined ? {} : { main }),
    ...(read === undefined ? {} : { read }),
    ...(dryRun === undefined ? {} : { dryRun }),
  };
}

function refuseServerKeys(entries: ReadonlyMap<string, ConfigurationNode>): void {
  for (const key of serverKeys) {
    const node = entries.get(key);
    if (node !== undefined)
      throw node.error(
        'configuration/value',
        `${node.path} is for servers, and the target is an SQLite file`,
      );
  }
}
