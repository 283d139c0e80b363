import { FrameError, openZxingReader, plainReader, type CodeReader } from '@countersign/frames';
import { codeReaderWasm } from './code-reader-wasm.ts';

/** Returns the best reader of QR codes that runs here: ZXing-C++, or the plain one where WebAssembly is refused. */
export async function openCodeReader(): Promise<CodeReader> {
  try {
    return await openZxingReader(codeReaderWasm());
  } catch (thrown) {
    if (thrown instanceof FrameError && thrown.code === 'reader/refused') return plainReader;
    throw thrown;
  }
}
