/** What the page has seen so far. */
export interface Seen {
  readonly reader: string;
  readonly reports: number;
  readonly views: readonly string[];
  readonly advice: readonly string[];
  readonly messages: readonly (readonly number[])[];
  readonly progress: string;
  readonly foreign: string | undefined;
  readonly failed: string | undefined;
}

/** The functions that the test calls by name. */
export interface CameraPage {
  readonly start: () => Promise<void>;
  readonly stop: () => void;
  readonly seen: () => Seen;
  readonly readFile: (bytes: readonly number[]) => Promise<readonly (readonly number[])[]>;
}
