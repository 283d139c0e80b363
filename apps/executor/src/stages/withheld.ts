import { TargetError } from '@countersign/targets';

/** Refusals that pass words of the engine on; all others are told in words of our own. */
const engineWords: readonly string[] = ['statement/failed', 'statement/invalid', 'statement/constraint'];

/** What stands in place of an engine's words. */
const nothingSaid = 'the database refused it; its words may hold masked values';

/**
 * Returns the words of a refusal as they may be shown and kept: an engine quotes values in its errors, so its own are withheld where
 * columns are masked. docs/spec/policy.md#obligations
 */
export function wordsOfRefusal(
  { code, reason }: { readonly code: string; readonly reason: string },
  isMasked: boolean,
): string {
  return isMasked && engineWords.includes(code) ? nothingSaid : reason;
}

/** Returns an error whose words may be shown and kept. */
export function withheld(error: unknown, isMasked: boolean): unknown {
  if (!(error instanceof TargetError)) return error;
  const { code, message, statement, hint } = error;
  const words = wordsOfRefusal({ code, reason: message }, isMasked);
  return words === message ? error : new TargetError(code, words, { statement, hint });
}
