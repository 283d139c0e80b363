import { greyOfFrame, greysOfFile } from './pixels.ts';
import type { PictureReader } from './picture-reader.ts';
import { merged, Reading } from './reading.ts';
import type { Report } from './report.ts';

/** Reads in the thread it is made in: what a worker does, and a page that may have none. */
export class LocalReader implements PictureReader {
  readonly #reading: Reading;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** Opens the reader with this WebAssembly, and the plain one without or where it is refused. */
  static async open(wasm: Uint8Array | undefined): Promise<LocalReader> {
    return new LocalReader(await Reading.open(wasm));
  }

  get name(): Reading['name'] {
    return this.#reading.name;
  }

  async read(picture: VideoFrame | ImageBitmap): Promise<Report> {
    return this.#reading.take(await greyOfFrame(picture), 'moving');
  }

  async readFile(bytes: Uint8Array): Promise<Report> {
    const reports: Report[] = [];
    for await (const picture of greysOfFile(bytes)) reports.push(this.#reading.take(picture, 'still'));
    return merged(reports);
  }

  forget(): void {
    this.#reading.forget();
  }

  close(): void {
    this.forget();
  }
}
