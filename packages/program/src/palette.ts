const codes = {
  bold: ['\u001b[1m', '\u001b[22m'],
  dim: ['\u001b[2m', '\u001b[22m'],
  red: ['\u001b[31m', '\u001b[39m'],
  green: ['\u001b[32m', '\u001b[39m'],
  yellow: ['\u001b[33m', '\u001b[39m'],
  blue: ['\u001b[34m', '\u001b[39m'],
  magenta: ['\u001b[35m', '\u001b[39m'],
  cyan: ['\u001b[36m', '\u001b[39m'],
} as const;

export type Colour = keyof typeof codes;
export type Palette = Readonly<Record<Colour, (text: string) => string>>;

/** Every escape sequence a palette writes; an output lets no other one through. */
export const paletteSequences: ReadonlySet<string> = new Set(Object.values(codes).flat());

/** Returns functions that colour a text, or return it unchanged when `enabled` is false. */
export function palette(enabled: boolean): Palette {
  const paint = (colour: Colour) => (text: string) =>
    enabled ? `${codes[colour][0]}${text}${codes[colour][1]}` : text;
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    blue: paint('blue'),
    magenta: paint('magenta'),
    cyan: paint('cyan'),
  };
}

/**
 * Returns whether a stream is to be coloured: never with a non-empty `NO_COLOR` or `TERM=dumb`, otherwise exactly on a terminal.
 */
export function coloursWanted(
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  const refused = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return isTerminal && !refused;
}
