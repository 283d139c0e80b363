import {
  drawFrame,
  encodeFrames,
  frameBytesAt,
  type Drawing,
  type FrameSource,
  type GreyPicture,
} from '@countersign/frames';
import { CameraModel, camera, type Conditions, type Shown } from './camera-model.ts';

/** How codes are shown. */
export interface Screen {
  readonly version: number;
  /** Changes a second. */
  readonly rate: number;
  readonly codes: 1 | 2;
}

/** What a camera is to bring across. */
export interface Scene {
  readonly message: Uint8Array;
  readonly screen: Screen;
  readonly conditions: Conditions;
  readonly seed: number;
  /** What the screen makes of a drawn code; nothing by default. */
  readonly draw?: (drawing: Drawing) => Drawing;
}

/** Returns the frames of a scene's message. */
export function framesOf({ message, screen }: Scene): FrameSource {
  return encodeFrames(message, { frameBytesMax: frameBytesAt(screen.version), compress: false });
}

/** Yields the pictures that a camera of 30 a second takes in so many seconds. */
export function* film(scene: Scene, seconds: number): Generator<GreyPicture, void, void> {
  const { screen, conditions, seed } = scene;
  const show = new Show(framesOf(scene), screen, scene.draw);
  const model = new CameraModel(conditions, seed);
  // A clock in step would never see a change; a free one sees every phase. Half a picture late in good conditions.
  const late = conditions.exposure === 0 ? 0.5 / camera.rate : 0;
  const drift = conditions.exposure === 0 ? 0 : 0.0007;
  for (let index = 0; index < seconds * camera.rate; index += 1) {
    const moment = late + index * (1 / camera.rate + drift);
    // The change that falls into this picture, or the last one before it.
    const turn = Math.floor((moment + conditions.exposure + conditions.readout) * screen.rate);
    yield model.take(show.at(Math.max(0, turn - 1)), show.at(turn), moment - turn / screen.rate);
  }
}

/** Codes of a message as they follow each other on a screen; each is drawn once. */
class Show {
  readonly #source: FrameSource;
  readonly #screen: Screen;
  readonly #draw: (drawing: Drawing) => Drawing;
  readonly #drawn = new Map<number, Drawing>();

  constructor(source: FrameSource, screen: Screen, draw: Scene['draw'] = (drawing) => drawing) {
    this.#source = source;
    this.#screen = screen;
    this.#draw = draw;
  }

  at(turn: number): Shown {
    const { codes } = this.#screen;
    return Array.from({ length: codes }, (_, beside) => this.#drawing(turn * codes + beside));
  }

  #drawing(index: number): Drawing {
    const drawing =
      this.#drawn.get(index) ??
      this.#draw(drawFrame(this.#source.frame(index), { version: this.#screen.version }));
    this.#drawn.set(index, drawing);
    return drawing;
  }
}
