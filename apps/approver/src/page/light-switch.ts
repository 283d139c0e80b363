import { CameraError } from '@countersign/camera';
import { texts } from './catalogue/index.ts';
import { button } from './dom.ts';

/** What is asked of a camera with a light; the types of the browser do not know it, and not every browser tells. */
interface LitTrack {
  getCapabilities?(): { readonly torch?: boolean };
}

/** Returns the switch of a camera's light; null where it has none. `failed` is told when the light does not obey. */
export function lightSwitch(
  track: MediaStreamTrack,
  failed: (error: CameraError) => void,
): HTMLElement | null {
  const { torch } = (track as LitTrack).getCapabilities?.() ?? {};
  if (torch !== true) return null;
  let isLit = false;
  const turn = async (): Promise<void> => {
    const wanted = { advanced: [{ torch: !isLit }] } as unknown as MediaTrackConstraints;
    try {
      await track.applyConstraints(wanted);
    } catch (cause) {
      throw new CameraError('camera/light', 'the camera does not switch its light', { cause });
    }
    isLit = !isLit;
    toggle.setAttribute('aria-pressed', String(isLit));
  };
  const toggle = button(texts.camera.light, () => void turn().catch(failed), { 'aria-pressed': 'false' });
  return toggle;
}
