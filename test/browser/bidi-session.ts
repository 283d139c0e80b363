type Fields = Readonly<Record<string, unknown>>;

interface Answer {
  readonly id?: number;
  readonly type: 'success' | 'error' | 'event';
  readonly result?: unknown;
  readonly error?: string;
  readonly message?: string;
  readonly method?: string;
  readonly params?: Fields;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A session of WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/) over Node's own WebSocket: all that a browser needs to be driven. */
export class BidiSession {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, (fields: Fields) => void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#hear(JSON.parse(String(data)) as Answer));
    socket.addEventListener('close', () => this.#end());
  }

  static async open(address: string): Promise<BidiSession> {
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error(`nobody answers at ${address}`)));
    });
    const session = new BidiSession(socket);
    await session.ask('session.new', { capabilities: {} });
    return session;
  }

  /** Sends a command and returns its result. @throws Error as the browser words it */
  async ask<T>(method: string, params: Fields): Promise<T> {
    this.#lastId += 1;
    const id = this.#lastId;
    const result = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#socket.send(JSON.stringify({ id, method, params }));
    return (await result) as T;
  }

  /** Names who is told of an event. */
  on(event: string, listener: (fields: Fields) => void): void {
    this.#listeners.set(event, listener);
  }

  #hear({ id, type, result, error, message, method, params }: Answer): void {
    if (type === 'event') {
      this.#listeners.get(method ?? '')?.(params ?? {});
      return;
    }
    const waiting = this.#waiting.get(id ?? 0);
    this.#waiting.delete(id ?? 0);
    if (type === 'success') waiting?.resolve(result);
    else waiting?.reject(new Error(`${error ?? ''}: ${message ?? ''}`));
  }

  /** A browser that closes answers no more, and is not asked for more. */
  #end(): void {
    for (const { resolve } of this.#waiting.values()) resolve(undefined);
    this.#waiting.clear();
  }
}
