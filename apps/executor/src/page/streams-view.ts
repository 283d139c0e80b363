import type { StreamInSight } from '@countersign/camera';
import { h } from './dom.ts';

const cellsMax = 240;
const listedMax = 12;
const idCharacters = 8;

/** Returns what there is to see of the messages before the camera: each on its own, and that there are several. */
export function streamsView(streams: readonly StreamInSight[]): readonly HTMLElement[] {
  const inSight = streams.filter(({ isInSight }) => isInSight);
  // What was read last stays when the camera looks away.
  const shown = inSight.length > 0 ? inSight : streams.slice(-1);
  const several = `${shown.length} messages are in sight. Each is read on its own; show one alone where one does not get on.`;
  return [
    ...(shown.length > 1 ? [h('p', { class: 'advice' }, several)] : []),
    ...shown.map((stream) => streamView(stream, shown.length > 1)),
  ];
}

function streamView(stream: StreamInSight, isNamed: boolean): HTMLElement {
  const { messageId, needed, seen, message } = stream;
  const cells = Array.from({ length: Math.min(needed, cellsMax) }, (_, index) =>
    h('i', message !== undefined || seen.has(index) ? { class: 'seen' } : {}),
  );
  const name = isNamed ? `Message ${messageId.slice(0, idCharacters)}: ` : '';
  return h(
    'div',
    { class: 'stream' },
    h('div', { class: 'cells', 'aria-hidden': 'true' }, ...cells),
    h('p', { class: 'caption' }, `${name}${progressText(stream)}`),
  );
}

function progressText({ received, needed, seen, message }: StreamInSight): string {
  const left = needed - received;
  if (message !== undefined || left <= 0)
    return needed === 1 ? 'The one code is here.' : `All ${needed} codes are here.`;
  const missing = Array.from({ length: needed }, (_, index) => index).filter((index) => !seen.has(index));
  const which = missing.slice(0, listedMax).map((index) => index + 1);
  const more = missing.length > listedMax ? ' …' : '';
  return `${received} of ${needed} codes; missing ${which.join(', ')}${more}, or any ${left} later ones.`;
}
