// What runs inside the browser: the camera room as the approver's page and `scan` use it.
import { CameraFeed, openEmbeddedReader } from '@countersign/camera';
import type { OpticalPage } from './page-answers.ts';

const patienceMs = 60_000;

const page: OpticalPage = {
  receive: async () => {
    const reader = await openEmbeddedReader();
    const video = document.createElement('video');
    document.body.append(video);
    let [first, pictures, codes] = [0, 0, 0];
    return new Promise((resolve, reject) => {
      const end = (act: () => void): void => {
        clearTimeout(timer);
        feed.stop();
        act();
      };
      const timer = setTimeout(() => {
        end(() => resolve({ pictures, codes, elapsedMs: patienceMs, message: undefined }));
      }, patienceMs);
      const feed = new CameraFeed({
        video,
        reader: {
          ...methods(reader),
          read: (picture) => {
            if (first === 0) first = performance.now();
            return reader.read(picture);
          },
        },
        report: (report) => {
          pictures += 1;
          codes += report.codes;
          const [whole] = report.messages;
          if (whole === undefined) return;
          const elapsedMs = performance.now() - first;
          end(() => resolve({ pictures, codes, elapsedMs, message: [...whole.message] }));
        },
        failed: (error) => end(() => reject(error)),
      });
      feed.start().catch((cause: unknown) => end(() => reject(errorOf(cause))));
    });
  },
};
Object.assign(globalThis, { opticalPage: page });

/** The methods of a reader as a plain object, so that one of them can be watched. */
function methods(reader: Awaited<ReturnType<typeof openEmbeddedReader>>): typeof reader {
  return {
    name: reader.name,
    read: (picture) => reader.read(picture),
    readFile: (bytes) => reader.readFile(bytes),
    forget: () => reader.forget(),
    close: () => reader.close(),
  };
}

const errorOf = (cause: unknown): Error => (cause instanceof Error ? cause : new Error('no camera'));
