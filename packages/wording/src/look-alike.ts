/** A word that can be read as another one, and why. */
export interface LookAlike {
  readonly word: string;
  /** Several scripts in one word; letters that all look Latin; or letters that are forms of plain ones. */
  readonly why: 'mixed-scripts' | 'looks-latin' | 'letter-forms';
  /** The scripts of the word, in order of appearance. */
  readonly scripts: readonly string[];
}

const scripts: readonly (readonly [string, RegExp])[] = [
  ['Latin', /\p{Script=Latin}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Hebrew', /\p{Script=Hebrew}/u],
  ['Arabic', /\p{Script=Arabic}/u],
  ['Cherokee', /\p{Script=Cherokee}/u],
  ['Georgian', /\p{Script=Georgian}/u],
  ['Coptic', /\p{Script=Coptic}/u],
  ['Lisu', /\p{Script=Lisu}/u],
  [
    'East Asian',
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/u,
  ],
];

// Letters of other scripts that most fonts draw like a Latin letter.
const latinShapes = /^[аеорсухіјѕһԁԛԝвкмнтАВЕКМНОРСТУХІЈЅԌαοινρυκτχΑΒΕΖΗΙΚΜΝΟΡΤΥΧօոսհցզ\d_$]+$/u;
const wordPattern = /[\p{L}\p{M}\p{N}_$]+/gu;

/** Returns the words of `text` that can be read as others, each once, in order of appearance. */
export function findLookAlikes(text: string): readonly LookAlike[] {
  const found = new Map<string, LookAlike>();
  for (const [word] of text.matchAll(wordPattern)) {
    if (found.has(word)) continue;
    const lookAlike = judgeWord(word);
    if (lookAlike !== undefined) found.set(word, lookAlike);
  }
  return [...found.values()];
}

function judgeWord(word: string): LookAlike | undefined {
  // The common case, and the whole of most texts.
  if (/^[\w$]*$/.test(word)) return undefined;
  const present = scriptsOf(word);
  const why = reason(word, present);
  return why === undefined ? undefined : { word, why, scripts: present };
}

function reason(word: string, present: readonly string[]): LookAlike['why'] | undefined {
  // Latin beside East Asian writing is ordinary, and no letter of the one looks like one of the other.
  const alike = present.filter((script) => script !== 'East Asian');
  if (alike.length > 1) return 'mixed-scripts';
  if (alike.length === 1 && alike[0] !== 'Latin' && latinShapes.test(word)) return 'looks-latin';
  const plain = word.normalize('NFKC');
  return plain !== word.normalize('NFC') && /^[\w$]*$/.test(plain) ? 'letter-forms' : undefined;
}

function scriptsOf(word: string): readonly string[] {
  const present: string[] = [];
  for (const character of word) {
    const script = scripts.find(([, pattern]) => pattern.test(character))?.[0];
    if (script !== undefined && !present.includes(script)) present.push(script);
  }
  return present;
}
