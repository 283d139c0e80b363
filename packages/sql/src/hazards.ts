/** Every hazard the classifier can name; docs/spec/facts.md says what each means. */
export const HAZARD_CODES = [
  // the text was not read
  'dialect-not-supported',
  'text-too-long',
  'text-too-deep',
  'text-too-complex',
  'too-many-statements',
  'text-nul',
  'text-not-unicode',
  'empty-text',
  'parse-failed',
  // the text may deceive its reader
  'hidden-character',
  'non-ascii-identifier',
  'executable-comment',
  'unterminated-comment',
  'comment-hides-clause',
  'double-quoted-text',
  'multiple-statements',
  // the statement does more than its verb says
  'leaves-transaction',
  'attach',
  'pragma-write',
  'foreign-keys-pragma',
  'unknown-pragma',
  'explain-effect',
  'vacuum',
  'load-extension',
  'effectful-function',
  'unknown-function',
  'nondeterministic',
  'opaque',
  'virtual-table',
  'temp-object',
  'schema-table-write',
  'marker-table',
  'conflict-replace',
  'conflict-rollback',
  'trigger-ddl',
  'trigger-fires',
  'cascade',
  'writes-through-view',
  // the statement may do more than was meant
  'write-without-where',
  'always-true-where',
  'drop',
  'alter',
  // the target does not hold what the text names
  'unknown-table',
  'unknown-column',
] as const;

export type HazardCode = (typeof HAZARD_CODES)[number];
