import { parseDuration } from '@countersign/program';
import { defaultServeSetting, parseServe, type ServeSetting } from './serve-setting.ts';
import { parseNotify, type ChannelSetting } from './notify-setting.ts';
import { parseStrictYaml, type ConfigurationNode } from './strict-yaml.ts';
import { parseTarget, type TargetSetting } from './target-setting.ts';

export type { TargetSetting };

/** Bounds of a dry run, a run and a read. */
export interface Limits {
  /** How long approvers have, and how long a complete quorum stays good, in seconds. */
  readonly reviewSeconds: number;
  readonly runSeconds: number;
  /** Wall-clock limit of one statement's work, in milliseconds. */
  readonly statementMs: number;
  /** For how long a dry run may keep the locks of a change of the schema, in milliseconds. */
  readonly lockedMs: number;
  /** Wall-clock limit of a statement that runs outside transactions, in milliseconds. */
  readonly aloneMs: number;
  /** Changed rows shown one by one; beyond them counts, digest and a sample. */
  readonly rowsImagedMax: number;
  readonly readRowsMax: number;
  readonly readBytesMax: number;
}

/** `countersign.yaml`, read and checked. */
export interface Configuration {
  /** 32 hexadecimal digits. */
  readonly domain: string;
  readonly origin: string;
  /** `file:PATH`. */
  readonly executorKey: string;
  /** `env:NAME` or `file:PATH`; absent when the key is not encrypted. */
  readonly executorPassphrase: string | undefined;
  /** Submitter when `--as` names none. */
  readonly identity: string | undefined;
  /** Target when `-t` names none: the only one. */
  readonly targets: ReadonlyMap<string, TargetSetting>;
  /** Folder of the policy files, relative to the home. */
  readonly policy: string;
  readonly limits: Limits;
  readonly serve: ServeSetting;
  /** Where messages about requests go, by the channel's name. */
  readonly notify: ReadonlyMap<string, ChannelSetting>;
  /** Where traces go by OTLP over HTTP; undefined for nowhere. */
  readonly traces: string | undefined;
}

export const defaultLimits: Limits = {
  reviewSeconds: 24 * 3600,
  runSeconds: 48 * 3600,
  statementMs: 30_000,
  lockedMs: 10_000,
  aloneMs: 3_600_000,
  rowsImagedMax: 10_000,
  readRowsMax: 1_000,
  readBytesMax: 1_048_576,
};

const nameShape = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** Names and ids go there: in clear only to this machine. */
const tracesShape =
  /^(https:\/\/[!-~]{1,2000}|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(\/[!-~]{0,2000})?)$/;

/**
 * Reads the text of `countersign.yaml`.
 * @throws `configuration/…` with file, line and column
 */
export function parseConfiguration(text: string, path: string): Configuration {
  const keys = [
    'version',
    'domain',
    'origin',
    'executor',
    'identity',
    'targets',
    'policy',
    'limits',
    'serve',
    'notify',
    'traces',
  ];
  const root = parseStrictYaml(text, path);
  const entries = root.record(keys, ['version', 'domain', 'origin', 'executor', 'targets', 'policy']);
  const read = <T>(key: string, parse: (node: ConfigurationNode) => T): T | undefined => {
    const node = entries.get(key);
    return node === undefined ? undefined : parse(node);
  };
  const need = <T>(key: string, parse: (node: ConfigurationNode) => T): T => {
    const node = entries.get(key);
    if (node === undefined) throw root.error('configuration/missing-key', `no key ${JSON.stringify(key)}`);
    return parse(node);
  };
  need('version', (node) => node.integer(1, 1));
  const executor = need('executor', (node) => node.record(['key', 'passphrase'], ['key']));
  return {
    domain: need('domain', (node) => node.text(/^[0-9a-f]{32}$/, '32 hexadecimal digits')),
    origin: need('origin', (node) => node.text(/^[!-~]{1,255}$/, 'a log origin without spaces')),
    executorKey: executor.get('key')?.text(/^file:.+$/, 'file:PATH') ?? '',
    executorPassphrase: executor.get('passphrase')?.text(/^(env|file):.+$/, 'env:NAME or file:PATH'),
    identity: read('identity', (node) => node.text(nameShape, 'the name of an identity')),
    targets: need('targets', parseTargets),
    policy: need('policy', (node) => node.text(/^.{1,4096}$/, 'the path of a folder')),
    limits: read('limits', parseLimits) ?? defaultLimits,
    serve: read('serve', parseServe) ?? defaultServeSetting,
    notify: read('notify', parseNotify) ?? new Map(),
    traces: read('traces', (node) =>
      node.text(tracesShape, 'https://HOST/v1/traces, or http:// on this machine'),
    ),
  };
}

function parseTargets(node: ConfigurationNode): ReadonlyMap<string, TargetSetting> {
  const targets = new Map<string, TargetSetting>();
  for (const [name, setting] of node.entries()) {
    if (!nameShape.test(name)) {
      throw setting.error(
        'configuration/value',
        `${JSON.stringify(name)} is no target name, expected a-z 0-9 . _ -`,
      );
    }
    targets.set(name, parseTarget(name, setting));
  }
  return targets;
}

function parseLimits(node: ConfigurationNode): Limits {
  const keys = [
    'review',
    'run',
    'statement',
    'locked',
    'outside_transactions',
    'rows_imaged',
    'read_rows',
    'read_bytes',
  ];
  const entries = node.record(keys, []);
  const seconds = (key: string, otherwise: number): number => {
    const entry = entries.get(key);
    return entry === undefined
      ? otherwise
      : parseDuration(entry.text(/^.{1,16}$/, 'a duration such as 90s, 10m, 24h or 7d'));
  };
  return {
    reviewSeconds: seconds('review', defaultLimits.reviewSeconds),
    runSeconds: seconds('run', defaultLimits.runSeconds),
    statementMs: seconds('statement', defaultLimits.statementMs / 1000) * 1000,
    lockedMs: seconds('locked', defaultLimits.lockedMs / 1000) * 1000,
    aloneMs: seconds('outside_transactions', defaultLimits.aloneMs / 1000) * 1000,
    rowsImagedMax: entries.get('rows_imaged')?.integer(1, 1_000_000) ?? defaultLimits.rowsImagedMax,
    readRowsMax: entries.get('read_rows')?.integer(1, 1_000_000) ?? defaultLimits.readRowsMax,
    readBytesMax: entries.get('read_bytes')?.integer(1, 67_108_864) ?? defaultLimits.readBytesMax,
  };
}
