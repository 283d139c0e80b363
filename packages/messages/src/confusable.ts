/**
 * Characters that a person reads as the Latin letter on the left, after NFKC and case folding.
 * Small on purpose: the scripts that share most shapes with Latin, and digits.
 */
const lookAlikes: readonly (readonly [latin: string, others: string])[] = [
  ['a', 'аαɑ'],
  ['b', 'ьЬƅ'],
  ['c', 'сϲ'],
  ['d', 'ԁɗ'],
  ['e', 'еҽє'],
  ['g', 'ɡց'],
  ['h', 'һհ'],
  ['i', 'іιıɩ'],
  ['j', 'јϳ'],
  ['k', 'кκ'],
  ['l', '1|ӏⅼǀוІ'],
  ['m', 'м'],
  ['n', 'ոп'],
  ['o', '0оοօσ'],
  ['p', 'рρ'],
  ['q', 'ԛ'],
  ['r', 'г'],
  ['s', 'ѕ5'],
  ['t', 'тτ'],
  ['u', 'υսʋ'],
  ['v', 'ѵν'],
  ['w', 'ԝѡ'],
  ['x', 'хχ'],
  ['y', 'уγү'],
  ['z', 'ᴢ2'],
  ['-', '‐‑‒–—_.· '],
];

const latinOf: ReadonlyMap<string, string> = new Map(
  lookAlikes.flatMap(([latin, others]) => Array.from(others, (other): [string, string] => [other, latin])),
);

/**
 * Returns what a hurried reader sees of `name`: NFKC, case folded, marks and separators made alike, look-alike
 * letters replaced by Latin ones. Two names are confusable when theirs are equal. Not for display.
 */
export function skeleton(name: string): string {
  const folded = name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFD');
  const letters = Array.from(folded).filter((letter) => !/\p{M}/u.test(letter));
  const latin = letters.map((letter) => latinOf.get(letter) ?? letter).join('');
  // `i` and `l` meet because a capital I folds to i and is drawn as l.
  return latin.replaceAll('rn', 'm').replaceAll('vv', 'w').replaceAll('i', 'l');
}

/** Returns whether `name` holds a character that is not drawn, or that changes the direction of others. */
export function hasHiddenCharacter(name: string): boolean {
  return /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(name);
}
