import type { OptionLine } from '@countersign/program';

export const asIdentity: OptionLine = {
  flags: '--as <identity>',
  text: 'who acts (default: the identity of countersign.yaml)',
};
/** What a submission says beside its statements; approvers read it, rules may ask for it. */
export const contextOptions: readonly OptionLine[] = [
  { flags: '--ticket <text>', text: 'ticket this belongs to' },
  { flags: '--correlation-id <text>', text: "the caller's own id for this submission" },
  { flags: '--on-behalf-of <who>', text: 'for whom this is asked; shown as a claim, never checked' },
  { flags: '--agent-model <name>', text: 'model that wrote the statements; shown as a claim' },
  { flags: '--intent <text>', text: 'what the statements are meant to reach; shown as a claim' },
  { flags: '--backup <name>', text: 'backup that could restore what is changed; shown as a claim' },
  { flags: '--backup-at <time>', text: 'when that backup was made, such as 2026-01-31T09:00:00Z' },
  { flags: '--context <name=text>', text: 'anything else approvers should see', repeat: true },
];
export const onTarget: OptionLine = {
  flags: '-t, --target <name>',
  text: 'the database (default: the only one)',
};
