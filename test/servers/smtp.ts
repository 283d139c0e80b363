import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Certificate } from './certificates.ts';

/** One mail as it arrived. */
export interface ReceivedMail {
  readonly encrypted: boolean;
  readonly user: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** A mail server on a loopback port that speaks just enough SMTP, offers STARTTLS when it has a certificate, and keeps what it is sent. */
export class MailServer {
  readonly received: ReceivedMail[] = [];
  /** Answered to the end of a mail. */
  verdict = '250 kept';
  readonly #server: Server;
  readonly #certificate: Certificate | undefined;

  private constructor(certificate: Certificate | undefined) {
    this.#certificate = certificate;
    this.#server = createServer((socket) => {
      socket.write('220 mail.test ESMTP\r\n');
      this.#converse(socket, false);
    });
  }

  static async start(certificate?: Certificate): Promise<MailServer> {
    const server = new MailServer(certificate);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #converse(socket: Socket, encrypted: boolean): void {
    const mail = { from: '', to: [] as string[], lines: [] as string[] };
    let user: string | undefined;
    let inData = false;
    let rest = '';
    const say = (text: string): void => void socket.write(`${text}\r\n`);
    const hear = (line: string): void => {
      if (inData) {
        if (line !== '.') mail.lines.push(line);
        else {
          inData = false;
          const { from, to, lines } = mail;
          if (this.verdict.startsWith('2'))
            this.received.push({ encrypted, user, from, to, text: lines.join('\n') });
          say(this.verdict);
        }
        return;
      }
      const [verb = ''] = line.toUpperCase().split(' ');
      if (verb === 'EHLO') {
        const starttls = this.#certificate === undefined || encrypted ? [] : ['STARTTLS'];
        const lines = ['mail.test', ...starttls, 'AUTH PLAIN', '8BITMIME'];
        lines.forEach((one, index) => say(`250${index === lines.length - 1 ? ' ' : '-'}${one}`));
      } else if (verb === 'STARTTLS' && this.#certificate !== undefined) {
        say('220 go on');
        socket.removeAllListeners('data');
        const secure = new TLSSocket(socket, { isServer: true, ...this.#certificate });
        secure.on('error', () => socket.destroy());
        this.#converse(secure, true);
      } else if (verb === 'AUTH') {
        user = Buffer.from(line.split(' ')[2] ?? '', 'base64')
          .toString()
          .split('\0')[1];
        say('235 welcome');
      } else if (verb === 'MAIL') {
        mail.from = line;
        say('250 yes');
      } else if (verb === 'RCPT') {
        mail.to.push(line);
        say('250 yes');
      } else if (verb === 'DATA') {
        inData = true;
        say('354 go on');
      } else if (verb === 'QUIT') {
        say('221 bye');
        socket.end();
      } else say('502 no');
    };
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      rest += bytes.toString('utf8');
      for (let end = rest.indexOf('\r\n'); end !== -1; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        hear(line);
      }
    });
  }
}
