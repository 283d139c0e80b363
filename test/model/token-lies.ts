import type { AppendedEntry } from '@countersign/ledger';
import { told, type Lie } from './lie.ts';
import type { Actor } from './story-cast.ts';
import { jwkOf, logKey, logToken, submitBy, tokenOf } from './story-token.ts';
import type { Story } from './story.ts';

/** The entry of the submission last made. */
function submitted(story: Story, token: string, by?: Actor): AppendedEntry {
  const { index, ...rest } = story.note('operator', { person: 'alice', verb: 'x', text: 'x' });
  submitBy(story, token, by);
  return { ...rest, index: index + 1 };
}

function known(story: Story, token: string = tokenOf(story)): string {
  logKey(story);
  logToken(story, token);
  return token;
}

/** Lies about workload tokens. */
export const tokenLies: readonly Lie[] = [
  told('a token without its key', 'ledger/token-invalid', (s) => logToken(s, tokenOf(s))),
  told('a token by another key', 'ledger/token-invalid', (s) => {
    logKey(s);
    return logToken(s, tokenOf(s, {}, { by: 'mallory' }));
  }),
  told('a token whose key comes after it', 'ledger/token-invalid', (s) => {
    logKey(s, jwkOf('mallory'));
    const lie = logToken(s, tokenOf(s));
    logKey(s);
    return lie;
  }),
  told('a token with other claims than were signed', 'ledger/token-invalid', (s) => {
    logKey(s);
    const [head = '', , signature = ''] = tokenOf(s).split('.');
    const claims = tokenOf(s, { sub: 'repo:evil/shop' }).split('.')[1] ?? '';
    return logToken(s, `${head}.${claims}.${signature}`);
  }),
  told('a token that names no algorithm', 'ledger/token-invalid', (s) => {
    logKey(s);
    return logToken(s, tokenOf(s, {}, { alg: 'none' }));
  }),
  told('a token that was over', 'ledger/token-invalid', (s) => {
    logKey(s);
    return logToken(s, tokenOf(s, { exp: s.now - 100 }));
  }),
  told('a token of times to come', 'ledger/token-invalid', (s) => {
    logKey(s);
    return logToken(s, tokenOf(s, { iat: s.now + 100 }));
  }),
  told('a token that speaks for a person', 'ledger/token-invalid', (s) => {
    logKey(s);
    return logToken(s, tokenOf(s), 'alice');
  }),
  told('a token that speaks for nobody', 'ledger/token-invalid', (s) => {
    logKey(s);
    return logToken(s, tokenOf(s), 'nobody');
  }),
  told('a submission by a token that nobody wrote down', 'ledger/token-unknown', (s) =>
    submitted(s, tokenOf(s)),
  ),
  told("a submission by somebody else's token", 'ledger/token-unknown', (s) =>
    submitted(s, known(s), 'alice'),
  ),
  told('a submission after its token was over', 'ledger/token-invalid', (s) => {
    const token = known(s);
    s.now += 1_000;
    return submitted(s, token);
  }),
];
