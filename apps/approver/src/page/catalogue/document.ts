/** What the page says before its script runs, or where none does: the build writes it into the file. */
export const documentTexts = {
  title: 'Countersign approver',
  noScript: 'This page needs JavaScript, which this browser has switched off.',
} as const;
