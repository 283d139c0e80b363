// What runs inside the browser: the camera room as a page uses it.
import {
  CameraFeed,
  openEmbeddedReader,
  viewAdvice,
  type PictureReader,
  type Report,
} from '@countersign/camera';

import type { CameraPage, Seen } from './camera-answers.ts';

let reader: PictureReader | undefined;
let feed: CameraFeed | undefined;
let seen: Seen = {
  reader: '',
  reports: 0,
  views: [],
  advice: [],
  messages: [],
  progress: '',
  foreign: undefined,
  failed: undefined,
};

function note(report: Report): void {
  const { view, messages, progress, foreign } = report;
  seen = {
    ...seen,
    reports: seen.reports + 1,
    views: [...new Set([...seen.views, view])],
    advice: [...new Set([...seen.advice, viewAdvice[view]])],
    messages: [...seen.messages, ...messages.map(({ message }) => [...message])],
    progress:
      progress.length === 0
        ? seen.progress
        : progress.map(({ received, needed }) => `${received}/${needed}`).join(' '),
    foreign: foreign.at(-1) ?? seen.foreign,
  };
}

async function opened(): Promise<PictureReader> {
  reader ??= await openEmbeddedReader();
  seen = { ...seen, reader: `${reader.constructor.name} ${reader.name}` };
  return reader;
}

const page: CameraPage = {
  start: async () => {
    const video = document.createElement('video');
    document.body.append(video);
    feed = new CameraFeed({
      video,
      reader: await opened(),
      report: note,
      failed: (error) => {
        seen = { ...seen, failed: error.message };
      },
    });
    await feed.start();
  },
  stop: () => feed?.stop(),
  seen: () => seen,
  readFile: async (bytes) => {
    const own = await opened();
    own.forget();
    const { messages } = await own.readFile(Uint8Array.from(bytes));
    return messages.map(({ message }) => [...message]);
  },
};
Object.assign(globalThis, { cameraPage: page });
