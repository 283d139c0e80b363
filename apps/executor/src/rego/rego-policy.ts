import type { RegoDocument, RegoOutcome } from '@countersign/policy';

/** What came of asking, and what the decision log says of it. */
export interface RegoReply {
  readonly outcome: RegoOutcome;
  /** As the server numbered it; undefined when it did not. */
  readonly decisionId: string | undefined;
  /** Revisions of the bundles that answered, by the bundle's name, as they say themselves. */
  readonly bundles: Readonly<Record<string, { readonly revision?: string }>>;
}

/** The Rego policy of one target, ready to be asked. */
export interface RegoPolicy {
  /** What is asked, as OPA's decision log writes it: `countersign/verdict`. */
  readonly path: string;
  /** Never throws: whatever is no answer is a failure with a code. */
  readonly ask: (document: RegoDocument) => Promise<RegoReply>;
  readonly close: () => Promise<void>;
}
