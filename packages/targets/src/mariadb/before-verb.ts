/** Space, comments that the engine does not run, and brackets before the first word of a text. */
export const beforeVerb: RegExp =
  /^(?:[\s(]|--(?:[ \t][^\n]*)?(?:\n|$)|#[^\n]*(?:\n|$)|\/\*(?!M?!)[^*]*\*+(?:[^/*][^*]*\*+)*\/)*/;
