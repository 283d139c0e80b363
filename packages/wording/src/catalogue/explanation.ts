/** What a code means for a person, and what to do next. Both are whole sentences. */
export interface Explanation {
  readonly sentence: string;
  readonly next: string;
}

/** A part of the catalogue: sentence and next step, by code or by the part of a code before its slash. */
export type Explanations = Readonly<Record<string, readonly [sentence: string, next: string]>>;

/** Next steps that many codes share. */
export const nextSteps = {
  ask: 'Ask the operator for a new export of this request, and carry it over again.',
  damaged: 'The file or the pictures are damaged or incomplete: carry them over again.',
  alarm: 'Do not decide. Tell the other approvers and an auditor, by another way than this executor.',
  admin: 'Tell those who hold the root keys: the roster has to be mended and signed again.',
  newer: 'It may come from a newer version: compare the versions of both programs.',
  nothing: 'There is nothing to do.',
} as const;
