import { readAuthorities } from '../home/authorities.ts';
import type { ChannelSetting } from '../home/notify-setting.ts';
import type { Environment } from '../home/open-setting.ts';
import { readSecret } from '../home/secret.ts';
import type { World } from '../world.ts';
import { mailText, slackBody, teamsBody, webhookBody } from './forms.ts';
import { sendMail } from './mail.ts';
import type { Notice } from './notice.ts';
import { post } from './post.ts';
import { webhookHeaders, webhookSigner } from './webhook-key.ts';

/** Of one attempt, from looking its host up to the answer. */
export const attemptMs = 10_000;

/**
 * Sends one message to a channel, or gives it up once `signal` is aborted. Secrets are read at each attempt and kept nowhere.
 * @throws `notify/…`, `configuration/secret`, `file/…`
 */
export async function sendNotice(
  { paths, clock }: Pick<World, 'paths' | 'clock'>,
  environment: Environment,
  channel: ChannelSetting,
  notice: Notice,
  signal: AbortSignal,
): Promise<void> {
  const { name, networks } = channel;
  const secret = (source: string, what: string): string =>
    readSecret(source, `the ${what} of ${name}`, paths, environment);
  const ca = channel.ca === undefined ? undefined : readAuthorities(paths, channel.ca);
  const send = (url: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<void> =>
    post({ url, body, headers, networks, ca, signal });
  switch (channel.kind) {
    case 'webhook': {
      const url = /^https?:/.test(channel.url) ? channel.url : secret(channel.url, 'URL');
      const body = webhookBody(notice);
      const signer = webhookSigner(secret(channel.key, 'signing key'));
      return send(url, body, webhookHeaders(signer, { id: notice.id, now: clock(), body }));
    }
    case 'slack':
      return send(secret(channel.url, 'URL'), slackBody(notice));
    case 'teams':
      return send(secret(channel.url, 'URL'), teamsBody(notice));
    case 'mail': {
      const { server, user, from, to } = channel;
      const password = channel.password === undefined ? undefined : secret(channel.password, 'password');
      const { id, at } = notice;
      return sendMail({
        ...mailText(notice),
        server,
        user,
        password,
        from,
        to,
        id,
        at,
        networks,
        ca,
        signal,
      });
    }
  }
}
