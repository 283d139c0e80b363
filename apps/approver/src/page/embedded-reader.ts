import { openEmbeddedReader, type PictureReader } from '@countersign/camera';

let opened: Promise<PictureReader> | undefined;

/** Returns the reader of QR codes that the build put into the page, opened once; opened anew after `renewReader`. */
export function embeddedReader(): Promise<PictureReader> {
  opened ??= openEmbeddedReader();
  return opened;
}

/** Gives a reader up that broke down. */
export function renewReader(): void {
  opened = undefined;
}
