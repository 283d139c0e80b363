import { formatCount, formatQuantity } from '@countersign/wording';

function percent(part: number): string {
  return `${Math.round(100 * part)} %`;
}

/** The camera and its test. */
export const cameraTexts = {
  camera: {
    title: 'Camera',
    lead: 'Point the camera at the codes on the other screen. Nothing is recorded.',
    device: 'Camera',
    resolution: 'Resolution',
    resolutions: { '720p': '1280 × 720', '1080p': '1920 × 1080', most: 'the most that the camera has' },
    sees: 'What the camera sees',
    light: 'Light',
    starting: 'Starting the camera',
    garbled: 'That code was not read rightly; they repeat',
    searching: 'No code was read yet',
    progress: (received: number, needed: number): string =>
      `${received} of ${formatQuantity(needed, 'code')}, ${needed - received} missing`,
    done: 'All codes are here.',
    several: (count: number, isEachWhole: boolean): string =>
      `! ${formatCount(count)} messages are in sight. ${isEachWhole ? 'Open' : 'Show the camera one of them, or open'} the one that you mean.`,
    stream: (id: string): string => `Message ${id}`,
    whole: (codes: number): string => `all ${formatQuantity(codes, 'code')} are here`,
    request: (words: string): string => `the request with the words: ${words}`,
    noRequest: 'this is no request',
    open: 'Open this one',
    size: (width: number, height: number): string => `${width} × ${height}`,
    back: 'Back',
  },
  test: {
    title: 'Camera test',
    open: 'Test the camera',
    lead: 'Find out, before a request waits, whether this camera brings one across. It needs no key, and nothing is recorded.',
    sees: 'What the camera sees',
    codes: 'The test codes',
    code: 'QR codes of the test',
    how: 'Bring them before the camera in one of these ways:',
    ways: [
      'On another machine with this page: open the camera test there too, and show them. It needs no camera.',
      'On a telephone or any other screen: save them here as a moving picture, and open it there.',
      'With this machine alone: show them, and hold a mirror before the camera, so that it sees this screen.',
    ],
    show: 'Show the test codes',
    hide: 'Hide the test codes',
    save: 'Save as a moving picture',
    file: 'countersign-camera-test.gif',
    again: 'Test again',
    whole: (seconds: number): string =>
      `✓ A request would come across: the test codes came whole and right, in ${seconds < 1 ? 'less than a second' : formatQuantity(Math.round(seconds), 'second')}.`,
    other: '! Codes came whole, but not the test codes. Show those to be certain.',
    partly: (received: number, needed: number, others: number): string => {
      const mixed =
        others === 0 ? 'Keep still.' : `${formatCount(others + 1)} messages are in sight: show one alone.`;
      return `! Not yet: ${received} of ${formatQuantity(needed, 'code')} read, ${needed - received} missing. ${mixed}`;
    },
    foreign: (what: string): string =>
      `! The code in the picture is none of ours: it holds ${what}. Bring the test codes before the camera.`,
    nothing: '✗ As it is, no request would come across: no code was read.',
    measures: {
      picture: 'Picture',
      rate: 'Pictures a second',
      light: 'Light',
      sharpness: 'Sharpness',
      module: 'Size of the code',
    },
    rate: (looked: number, given: number | undefined): string =>
      given === undefined
        ? `${Math.round(looked)} looked at`
        : `${Math.round(looked)} looked at, of ${Math.round(given)} that the camera says it gives`,
    light: (view: string, part: number): string => {
      if (view === 'too-dark') return `${percent(part)}, too dark`;
      return view === 'too-bright' ? `${percent(part)}, too bright` : `${percent(part)}, enough`;
    },
    sharpness: (view: string, part: number | undefined): string => {
      if (part === undefined) return 'cannot be told: nothing in the picture has edges';
      return `${percent(part)}, ${view === 'blurred' ? 'blurred' : 'enough'}`;
    },
    module: (pixels: number | undefined, needed: number): string =>
      pixels === undefined
        ? 'no code found'
        : `${pixels.toFixed(1)} camera pixels for each square, ${needed} needed`,
  },
} as const;
