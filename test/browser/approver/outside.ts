import { connect, createServer } from 'node:net';

/** Somebody outside the page: a port of this machine that counts who comes. */
export interface Outside {
  readonly port: number;
  /** Comes itself, and returns how many came until then. */
  readonly visit: () => Promise<number>;
  close(): Promise<void>;
}

export async function openOutside(): Promise<Outside> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    visit: async () => {
      const socket = connect(address.port, '127.0.0.1').resume();
      await new Promise((resolve) => socket.once('close', resolve));
      return count;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** What the page's policy must have refused, at least, when every way below was tried. */
export const refusals: readonly string[] = [
  'connect-src',
  'form-action',
  'frame-src',
  'img-src',
  'media-src',
  'script-src',
  'style-src',
];

/**
 * Returns an expression: it tries every way by which a script in the page could reach a port, and comes to the directives that refused,
 * each once, as soon as all of `refusals` did, or after ten seconds without.
 */
export function tryToReach(port: number): string {
  return `new Promise((resolve) => {
    const url = 'http://127.0.0.1:${port}/';
    const refused = new Set();
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
      refused.add(effectiveDirective.replace(/-(?:elem|attr)$/, ''));
      if (${JSON.stringify(refusals)}.every((each) => refused.has(each))) end();
    });
    const end = () => resolve([...refused].toSorted());
    setTimeout(end, 10_000);
    const put = (tag, attributes) => {
      const element = Object.assign(document.createElement(tag), attributes);
      document.body.append(element);
      return element;
    };
    const ways = [
      () => fetch(url, { method: 'POST', body: 'x', mode: 'no-cors' }).catch(() => undefined),
      () => { const request = new XMLHttpRequest(); request.open('GET', url); request.send(); },
      () => new WebSocket(url.replace('http', 'ws')),
      () => new EventSource(url),
      () => navigator.sendBeacon(url, 'x'),
      () => put('img', { src: url }),
      () => put('video', { src: url }),
      () => put('iframe', { src: url }),
      () => put('object', { data: url }),
      () => put('link', { rel: 'stylesheet', href: url }),
      () => put('link', { rel: 'prefetch', href: url }),
      () => put('style', { textContent: '@import "' + url + '"' }),
      () => { const script = document.createElementNS('http://www.w3.org/2000/svg', 'script'); script.setAttribute('href', url); document.body.append(script); },
      () => put('form', { action: url, method: 'post', target: '_blank' }).submit(),
      () => new Worker(url),
      () => import(url).catch(() => undefined),
    ];
    for (const way of ways) {
      try {
        way();
      } catch {
        // Refused at once.
      }
    }
  })`;
}
