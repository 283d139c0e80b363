import { createTransport } from 'nodemailer';
import { isIP } from 'node:net';
import { ExecutorError } from '../executor-error.ts';
import { endpointOf } from './address.ts';
import type { MailText } from './forms.ts';

/** One mail, and the server that takes it. */
export interface Mail extends MailText {
  /** `smtps://HOST:PORT`, or `smtp://HOST:PORT`, which must change over to TLS. */
  readonly server: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
  readonly id: string;
  /** Whole seconds since 1970. */
  readonly at: number;
  readonly networks: readonly string[];
  readonly ca: string | undefined;
  /** Ends it, whatever it waits for. */
  readonly signal: AbortSignal;
}

/**
 * Sends one mail by SMTP. TLS is required and its certificate held against the server's name; without it only a server on this very
 * machine is spoken to, and that without a password.
 * @throws `notify/url`, `notify/address`, `notify/unreachable`, `notify/answer`
 */
export async function sendMail(mail: Mail): Promise<void> {
  const { server, user, password, ca, signal } = mail;
  const url = URL.parse(server);
  if (url === null || url.hostname === '')
    throw new ExecutorError('notify/url', 'the channel names no mail server');
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const { address, loopback } = await endpointOf(name, mail.networks, signal);
  const secure = url.protocol === 'smtps:';
  const plain = loopback && !secure && password === undefined;
  const transport = createTransport({
    host: address,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: !secure && !plain,
    ignoreTLS: plain,
    tls: {
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(ca === undefined ? {} : { ca }),
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
    },
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({
      from: mail.from,
      to: [...mail.to],
      subject: mail.subject,
      text: mail.text,
      date: new Date(mail.at * 1000),
      messageId: `<${mail.id}@${mail.from.slice(mail.from.indexOf('@') + 1)}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
      signal,
    });
  } catch (cause) {
    throw failureOf(cause, signal);
  } finally {
    transport.close();
  }
}

/** The server's own words stay out: they may quote what it was told. */
function failureOf(cause: unknown, signal: AbortSignal): ExecutorError {
  if (signal.aborted)
    return new ExecutorError('notify/unreachable', 'the mail server cannot be reached (timeout)', { cause });
  const code =
    cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'failed';
  const status =
    cause instanceof Error && 'responseCode' in cause && typeof cause.responseCode === 'number'
      ? cause.responseCode
      : undefined;
  return status === undefined
    ? new ExecutorError('notify/unreachable', `the mail server cannot be reached (${code})`, { cause })
    : new ExecutorError('notify/answer', `the mail server answered ${status}`, { cause });
}
