// The script of the worker: bundled by itself, handed to `WorkerReader` as text.
import { FrameError } from '@countersign/frames';
import { CameraError } from './camera-error.ts';
import { LocalReader } from './local-reader.ts';
import type { FromWorker, ToWorker } from './protocol.ts';

let reader: LocalReader | undefined;

async function answer(asked: ToWorker): Promise<FromWorker | undefined> {
  const { id } = asked;
  if (asked.kind === 'open') {
    reader = await LocalReader.open(asked.wasm);
    return { kind: 'opened', id, reader: reader.name };
  }
  if (reader === undefined) throw new CameraError('worker/failed', 'the reader was not opened');
  switch (asked.kind) {
    case 'picture':
      return { kind: 'report', id, report: await reader.read(asked.picture) };
    case 'file':
      return { kind: 'report', id, report: await reader.readFile(asked.bytes) };
    case 'forget':
      reader.forget();
      return undefined;
  }
}

async function take(asked: ToWorker): Promise<void> {
  try {
    const answered = await answer(asked);
    if (answered !== undefined) self.postMessage(answered);
  } catch (thrown) {
    if (!(thrown instanceof FrameError || thrown instanceof CameraError)) throw thrown;
    const refused: FromWorker = { kind: 'refused', id: asked.id, code: thrown.code, message: thrown.message };
    self.postMessage(refused);
  }
}

// One after the other: a picture must not overtake the opening.
let queue = Promise.resolve();
self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  queue = queue.then(() => take(data));
});
