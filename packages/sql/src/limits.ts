/** What a text may be at most; beyond it the answer is `unknown`, given without reading the text. */
export const LIMITS = {
  /** UTF-8 bytes of one text. */
  textBytesMax: 1_000_000,
  /** Open parentheses and CASE at one place; also the depth of the tree that is walked. */
  depthMax: 250,
  treeDepthMax: 1000,
  /** Statements of one text (bodies of triggers count), and of all texts of one submission. */
  statementsMax: 1000,
  /** Tokens of one text. */
  tokensMax: 500_000,
  /** Tables of one FROM and columns of one result: what SQLite itself bears. */
  joinMax: 64,
  /** UTF-16 code units of views' and triggers' definitions walked for one submission, each as often as it is reached. */
  definitionsMax: 2_000_000,
  columnsMax: 2000,
  /** UTF-16 code units of one name. */
  nameLengthMax: 512,
  /** Distinct names of one statement: tables, columns, functions. */
  namesMax: 20_000,
} as const;
