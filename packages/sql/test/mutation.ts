import fc from 'fast-check';

/** How long a comparison with the engine goes on, and from which seed. */
export interface FuzzEffort {
  readonly seed: number;
  readonly numRuns: number;
  readonly interruptAfterTimeLimit?: number;
}

/** The longest that SQL_FUZZ_SECONDS may ask for; a test that uses it has to be given more time than this. */
export const FUZZ_SECONDS_MAX = 3600;

/** Milliseconds that a test with `fuzzEffort` may take: what was asked for, and time to start and stop the engine. */
export const FUZZ_TIMEOUT_MS: number = (FUZZ_SECONDS_MAX + 300) * 1000;

/**
 * `numRuns` from `seed`, or what the environment asks for: SQL_FUZZ_RUNS texts, or as many as SQL_FUZZ_SECONDS hold;
 * SQL_FUZZ_SEED starts elsewhere.
 */
export function fuzzEffort(seed: number, numRuns: number): FuzzEffort {
  const [runs, seconds] = [asked('SQL_FUZZ_RUNS', 1e9), asked('SQL_FUZZ_SECONDS', FUZZ_SECONDS_MAX)];
  const from = { seed: asked('SQL_FUZZ_SEED', 0x7fff_ffff) ?? seed };
  if (seconds === undefined) return { ...from, numRuns: runs ?? numRuns };
  return { ...from, numRuns: runs ?? 1e9, interruptAfterTimeLimit: seconds * 1000 };
}

/** What a comparison saw: texts made, those called a read, and of these the ones that the engine took. */
export class FuzzCount {
  texts = 0;
  reads = 0;
  taken = 0;

  /** Prints the counts when a duration was asked for. */
  report(dialect: string): void {
    if (process.env['SQL_FUZZ_SECONDS'] === undefined) return;
    process.stdout.write(
      `${dialect}: ${this.texts} texts, ${this.reads} called a read, ${this.taken} taken\n`,
    );
  }
}

function asked(variable: string, most: number): number | undefined {
  const text = process.env[variable];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most) throw new Error(`${variable}=${text}`);
  return value;
}

/** A text cut where words and brackets end. */
export type Pieces = readonly string[];

export function piecesOf(texts: readonly string[]): readonly Pieces[] {
  return texts.map((sql) => sql.split(/(?<=[\s();,])/));
}

/** Texts made of a corpus: two spliced with something between, or one with a piece left out or replaced. */
export function mutations(pieces: readonly Pieces[], between: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(spliced(pieces, between), changed(pieces));
}

/** Two texts, each cut at a place, put together. */
function spliced(pieces: readonly Pieces[], between: readonly string[]): fc.Arbitrary<string> {
  const index = fc.nat(pieces.length - 1);
  return fc
    .record({
      left: index,
      right: index,
      from: fc.nat(40),
      to: fc.nat(40),
      between: fc.constantFrom(...between),
    })
    .map(({ left, right, from, to, between: joint }) => {
      const [a, b] = [pieces[left] ?? [], pieces[right] ?? []];
      const head = a.slice(0, from % (a.length + 1)).join('');
      return head + joint + b.slice(to % (b.length + 1)).join('');
    });
}

/** A text with one piece left out, or another's put in its place. */
function changed(pieces: readonly Pieces[]): fc.Arbitrary<string> {
  const index = fc.nat(pieces.length - 1);
  return fc
    .record({ text: index, at: fc.nat(40), other: index, from: fc.nat(40), keeps: fc.boolean() })
    .map(({ text, at, other, from, keeps }) => {
      const [own, donor] = [[...(pieces[text] ?? [])], pieces[other] ?? []];
      const given = donor[from % (donor.length + 1)] ?? '';
      own.splice(at % (own.length + 1), 1, ...(keeps ? [given] : []));
      return own.join('');
    });
}
