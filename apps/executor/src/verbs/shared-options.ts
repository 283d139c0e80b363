import type { OptionLine } from '@countersign/program';

export const asIdentity: OptionLine = {
  flags: '--as <identity>',
  text: 'who acts (default: the identity of countersign.yaml)',
};
export const onTarget: OptionLine = {
  flags: '-t, --target <name>',
  text: 'the database (default: the only one)',
};
