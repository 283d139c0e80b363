import { isIP } from 'node:net';
import { secretShape } from './secret.ts';
import type { ConfigurationNode } from './strict-yaml.ts';

/** What may be told of a request's life. */
export const notifyEvents = [
  'break-glass',
  'break-glass-denied',
  'requested',
  'exported',
  'decided',
  'executed',
  'drifted',
  'failed',
  'ambiguous',
  'resolved',
  'expired',
  'withdrawn',
] as const;
export type NotifyEvent = (typeof notifyEvents)[number];

/** What a message holds only when a channel asks for it. */
export const notifyDetails = ['reason', 'note', 'sql', 'rows'] as const;
export type NotifyDetail = (typeof notifyDetails)[number];

/** What every channel says. */
interface Common {
  readonly name: string;
  readonly events: readonly NotifyEvent[];
  /** Undefined: all. */
  readonly targets: readonly string[] | undefined;
  readonly show: readonly NotifyDetail[];
  /** CIDR: networks that are not public and in which the endpoint may stand. */
  readonly networks: readonly string[];
  /** `file:PATH` of the authorities that the endpoint's certificate may come from. */
  readonly ca: string | undefined;
}

/** Where messages go, as `countersign.yaml` names it. docs/notifications.md */
export type ChannelSetting =
  | (Common & {
      readonly kind: 'webhook';
      /** The URL, or `env:NAME` or `file:PATH` of it. */
      readonly url: string;
      /** `env:NAME` or `file:PATH` of the signing key, `whsk_…`. */
      readonly key: string;
    })
  | (Common & {
      readonly kind: 'slack' | 'teams';
      /** `env:NAME` or `file:PATH`: whoever has the URL can write there. */
      readonly url: string;
    })
  | (Common & {
      readonly kind: 'mail';
      /** `smtps://HOST:PORT` or `smtp://HOST:PORT`. */
      readonly server: string;
      readonly user: string | undefined;
      /** `env:NAME` or `file:PATH`. */
      readonly password: string | undefined;
      readonly from: string;
      readonly to: readonly string[];
    });

const commonKeys = ['kind', 'events', 'targets', 'show', 'networks', 'ca'];
const nameShape = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const addressShape =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
const channelsMax = 32;
const listMax = 50;

/** Reads `notify:` of the configuration. @throws `configuration/…` */
export function parseNotify(node: ConfigurationNode): ReadonlyMap<string, ChannelSetting> {
  const entries = node.entries();
  if (entries.size > channelsMax)
    throw node.error('configuration/value', `${node.path} has more than ${channelsMax} channels`);
  return new Map([...entries].map(([name, channel]) => [name, parseChannel(name, channel)]));
}

function parseChannel(name: string, node: ConfigurationNode): ChannelSetting {
  if (!nameShape.test(name))
    throw node.error(
      'configuration/value',
      `${JSON.stringify(name)} is no channel name, expected a-z 0-9 . _ -`,
    );
  const kind = node
    .entries()
    .get('kind')
    ?.text(/^(?:webhook|slack|teams|mail)$/, 'webhook, slack, teams or mail');
  switch (kind) {
    case 'webhook': {
      const entries = node.record([...commonKeys, 'url', 'key'], ['url', 'key']);
      const url = textOf(
        entries,
        'url',
        /^(?:https?:\/\/\S{1,2000}|env:.+|file:.+)$/,
        'a URL, env:NAME or file:PATH',
      );
      return { ...commonOf(name, entries), kind, url, key: secretOf(entries, 'key') };
    }
    case 'slack':
    case 'teams': {
      const entries = node.record([...commonKeys, 'url'], ['url']);
      return { ...commonOf(name, entries), kind, url: secretOf(entries, 'url') };
    }
    case 'mail':
      return parseMail(name, node);
    default:
      throw node.error('configuration/missing-key', `${node.path} has no key "kind"`);
  }
}

type Entries = ReadonlyMap<string, ConfigurationNode>;

function parseMail(name: string, node: ConfigurationNode): ChannelSetting {
  const keys = [...commonKeys, 'server', 'user', 'password', 'from', 'to'];
  const entries = node.record(keys, ['server', 'from', 'to']);
  const user = entries.get('user')?.text(/^[!-~]{1,256}$/, 'a user name without spaces');
  const password = entries.has('password') ? secretOf(entries, 'password') : undefined;
  if ((user === undefined) !== (password === undefined))
    throw node.error('configuration/missing-key', `${node.path}: user and password go together`);
  return {
    ...commonOf(name, entries),
    kind: 'mail',
    server: textOf(
      entries,
      'server',
      /^smtps?:\/\/[A-Za-z0-9.[\]:-]{1,300}$/,
      'smtps://HOST:PORT or smtp://HOST:PORT',
    ),
    user,
    password,
    from: textOf(entries, 'from', addressShape, 'a mail address'),
    to:
      entries
        .get('to')
        ?.boundedItems(listMax)
        .map((item) => item.text(addressShape, 'a mail address')) ?? [],
  };
}

function commonOf(name: string, entries: Entries): Common {
  const pick = <T extends string>(key: string, known: readonly T[]): readonly T[] | undefined =>
    entries
      .get(key)
      ?.boundedItems(listMax)
      .map((item) => {
        const found = known.find((one) => item.is(one));
        if (found !== undefined) return found;
        throw item.error('configuration/value', `${item.path} is none of ${known.join(', ')}`);
      });
  return {
    name,
    events: pick('events', notifyEvents) ?? notifyEvents,
    targets: entries
      .get('targets')
      ?.boundedItems(listMax)
      .map((item) => item.text(nameShape, 'the name of a target')),
    show: pick('show', notifyDetails) ?? [],
    networks: entries.get('networks')?.boundedItems(listMax).map(parseNetwork) ?? [],
    ca: entries.get('ca')?.text(/^file:.{1,4096}$/, 'file:PATH'),
  };
}

function parseNetwork(node: ConfigurationNode): string {
  const expected = 'a network such as 10.0.0.0/8 or fd00::/8';
  const text = node.text(/^[0-9a-fA-F.:]{2,39}\/\d{1,3}$/, expected);
  const [base = '', bits = ''] = text.split('/');
  const family = isIP(base);
  if (family !== 0 && Number(bits) <= (family === 4 ? 32 : 128)) return text;
  throw node.error('configuration/value', `${node.path} is not ${expected}`);
}

function textOf(entries: Entries, key: string, shape: RegExp, expected: string): string {
  return entries.get(key)?.text(shape, expected) ?? '';
}

function secretOf(entries: Entries, key: string): string {
  return textOf(entries, key, secretShape, 'env:NAME or file:PATH');
}
