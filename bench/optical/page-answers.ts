/** What a page took to receive one message from its camera. */
export interface Received {
  /** Pictures that were read, and codes of ours in them. */
  readonly pictures: number;
  readonly codes: number;
  /** From the first picture on. */
  readonly elapsedMs: number;
  /** Undefined when it was not whole in time. */
  readonly message: readonly number[] | undefined;
}

/** What the page offers to the program that drives the browser. */
export interface OpticalPage {
  receive(): Promise<Received>;
}
