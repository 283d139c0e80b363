import { toHex, sha256, utf8 } from '@countersign/codec';
import type { Submission } from '@countersign/messages';
import type { OperatorNote } from '../body.ts';
import { LedgerError } from '../ledger-error.ts';
import type { LoggedToken, TokenClaims } from './logged-token.ts';
import type { ReplayState } from './replay-state.ts';
import type { Turn } from './turn.ts';

/** Between the call that a token came with, its entry, and the submission lie the arrival of a body and two clocks. */
const slackSeconds = 60;

/** Notes the key that tokens after it may verify with. */
export function replayTokenKey({ index, state }: Turn, { text }: OperatorNote): void {
  if (!state.tokenKeys.has(text)) state.tokenKeys.set(text, index);
}

/** A token verifies with a key before it, was good when it was written down, and speaks for a service or agent. */
export function replayToken({ index, state, chain, entry }: Turn, { person, text }: OperatorNote): void {
  const { tokenClaims } = state.trust;
  if (tokenClaims === undefined) return;
  const kind = chain.current.person(person)?.kind;
  if (kind === undefined || kind === 'human') {
    throw new LedgerError('ledger/token-invalid', 'a token that speaks for no service or agent', { index });
  }
  for (const [key, keyIndex] of state.tokenKeys) {
    const claims = tokenClaims(text, key);
    if (claims === undefined) continue;
    requireGood(claims, entry.madeAt, index);
    state.tokens.set(toHex(sha256(utf8(text))), { index, keyIndex, person, claims });
    return;
  }
  if (state.notesErased) return;
  throw new LedgerError('ledger/token-invalid', 'a token that verifies with no key before it', { index });
}

/**
 * Returns the token that a submission by `person` names; undefined when it names none, or one whose entry is not here to be looked
 * at: its body was erased, or this is evidence without it.
 * @throws LedgerError `ledger/token-unknown`, `ledger/token-invalid`
 */
export function requireToken(
  state: ReplayState,
  { context = [], madeAt }: Submission,
  person: string,
  index: number,
): LoggedToken | 'unproved' | undefined {
  const [, hash] = context.find(([name]) => name === 'token_sha256') ?? [];
  if (hash === undefined || state.trust.tokenClaims === undefined) return undefined;
  const token = state.tokens.get(hash);
  if (token === undefined && (state.notesErased || !state.ground.whole)) return 'unproved';
  if (token?.person !== person) {
    throw new LedgerError('ledger/token-unknown', 'it names a token that the ledger has not for its signer', {
      index,
    });
  }
  requireGood(token.claims, madeAt, index);
  return token;
}

function requireGood({ issuedAt, expiresAt }: TokenClaims, at: number, index: number): void {
  if (issuedAt - slackSeconds <= at && at <= expiresAt + slackSeconds) return;
  throw new LedgerError('ledger/token-invalid', 'a token that was not good at the time', { index });
}
