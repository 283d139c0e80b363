import { parseDuration } from '@countersign/program';
import { loopbackUrl } from '../rego/server-policy.ts';
import type { ConfigurationNode } from './strict-yaml.ts';

/** The Rego policy of a target, as `countersign.yaml` names it (docs/spec/rego.md). */
export type RegoSetting =
  | {
      readonly mode: 'wasm';
      /** Path of the bundle, relative to the home when it is not absolute. */
      readonly bundle: string;
      readonly entrypoint: string;
      readonly timeoutMs: number;
    }
  | { readonly mode: 'server'; readonly url: string; readonly timeoutMs: number };

const defaultTimeoutSeconds = 2;
const timeoutSecondsMax = 60;

/** @throws `configuration/…` with file, line and column */
export function parseRego(node: ConfigurationNode): RegoSetting {
  const entries = node.record(['bundle', 'entrypoint', 'url', 'timeout'], []);
  const timeoutMs = parseTimeout(entries.get('timeout')) * 1000;
  const [bundle, entrypoint, url] = ['bundle', 'entrypoint', 'url'].map((key) => entries.get(key));
  if (url !== undefined && bundle === undefined && entrypoint === undefined) {
    return { mode: 'server', url: parseUrl(url), timeoutMs };
  }
  if (url !== undefined || bundle === undefined || entrypoint === undefined) {
    throw node.error(
      'configuration/value',
      `${node.path} names no one policy`,
      'expected either bundle and entrypoint, or url',
    );
  }
  return {
    mode: 'wasm',
    bundle: bundle.text(/^.{1,4096}$/, 'the path of a bundle'),
    entrypoint: entrypoint.text(
      /^[A-Za-z0-9_]{1,64}(?:\/[A-Za-z0-9_]{1,64}){0,15}$/,
      'a path such as a/verdict',
    ),
    timeoutMs,
  };
}

function parseUrl(node: ConfigurationNode): string {
  const text = node.text(/^[!-~]{1,1024}$/, 'the address of a data document');
  if (loopbackUrl(text) !== undefined) return text;
  throw node.error(
    'configuration/value',
    `${node.path} is no data document of a server on this machine`,
    'expected http://127.0.0.1:8181/v1/data/… or http://[::1]:8181/v1/data/…',
  );
}

function parseTimeout(node: ConfigurationNode | undefined): number {
  if (node === undefined) return defaultTimeoutSeconds;
  const seconds = parseDuration(node.text(/^\d{1,4}[sm]$/, 'a time such as 2s'));
  if (seconds >= 1 && seconds <= timeoutSecondsMax) return seconds;
  throw node.error('configuration/value', `${node.path} is not between 1s and ${timeoutSecondsMax}s`);
}
