import { fromBase64 } from '@countersign/codec';
import { FrameError, openZxingReader, plainReader, type CodeReader } from '@countersign/frames';
import { inflateSync } from 'fflate';
import deflated from 'zxing-wasm/reader/zxing_reader.wasm';

let opened: Promise<CodeReader> | undefined;

/** Returns the reader of QR codes, opened once: ZXing-C++, or the plain one where the browser refuses WebAssembly. */
export function qrReader(): Promise<CodeReader> {
  opened ??= openZxingReader(inflateSync(fromBase64(deflated))).catch((thrown: unknown) => {
    if (thrown instanceof FrameError && thrown.code === 'reader/refused') return plainReader;
    throw thrown;
  });
  return opened;
}

/** Gives the opened reader up after it broke down; the next one begins anew. */
export function renewQrReader(): void {
  opened = undefined;
}
