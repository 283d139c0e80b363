/** What a workload token says, once it verifies. Times in whole seconds since 1970. */
export interface TokenClaims {
  readonly issuer: string | undefined;
  readonly subject: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** A token as the ledger has it. */
export interface LoggedToken {
  readonly index: number;
  /** Index of the key that it verifies with. */
  readonly keyIndex: number;
  readonly person: string;
  readonly claims: TokenClaims;
}
