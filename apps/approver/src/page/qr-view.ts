import { drawFrame, encodeFrames, quietZoneDefault, type Drawing } from '@countersign/frames';
import { button, fill, h } from './dom.ts';
import { texts } from './texts.ts';

const intervalMs = 250;
const sideMax = 560;

/** Shows bytes as QR codes: one that stands still where it fits, else one after the other. `stop` ends the showing. */
export function qrView(bytes: Uint8Array): { readonly element: HTMLElement; readonly stop: () => void } {
  const frames = encodeFrames(bytes);
  const canvas = h('canvas', { class: 'qr', role: 'img', 'aria-label': texts.out.code });
  const caption = h('figcaption', { class: 'muted small' });
  let index = 0;
  const show = (): void => {
    draw(canvas, drawFrame(frames.frame(index), {}));
    fill(caption, frames.minimumFrames === 1 ? null : texts.out.codes(index + 1, frames.minimumFrames));
  };
  show();
  const figure = h('figure', { class: 'qr-figure' }, canvas, caption);
  if (frames.minimumFrames === 1) return { element: figure, stop: () => undefined };
  let timer = 0;
  const next = (): void => {
    index += 1;
    show();
  };
  const stop = (): void => {
    clearInterval(timer);
    timer = 0;
  };
  const toggle = button(texts.out.pause, () => {
    if (timer === 0) timer = setInterval(next, intervalMs);
    else stop();
    fill(toggle, timer === 0 ? texts.out.play : texts.out.pause);
  });
  timer = setInterval(next, intervalMs);
  figure.append(toggle);
  return { element: figure, stop };
}

/** Draws a code black on white whatever the colours around it: cameras rely on it. */
function draw(canvas: HTMLCanvasElement, { size, modules }: Drawing): void {
  const side = size + 2 * quietZoneDefault;
  const scale = Math.max(2, Math.floor(sideMax / side));
  canvas.width = side * scale;
  canvas.height = side * scale;
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = '#000';
  for (let at = 0; at < modules.length; at += 1) {
    if (modules[at] !== 1) continue;
    const [x, y] = [(at % size) + quietZoneDefault, Math.floor(at / size) + quietZoneDefault];
    context.fillRect(x * scale, y * scale, scale, scale);
  }
}
