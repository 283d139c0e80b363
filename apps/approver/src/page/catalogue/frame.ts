import { nameList } from './names.ts';

/** What stands around every screen, and what a mark means. */
export const frameTexts = {
  brand: 'Countersign',
  face: 'approver',
  skip: 'Skip to the content',
  offline: 'This page has no network: its own policy forbids every connection.',
  demo: 'DEMONSTRATION. Published keys are in use: anybody can sign with them.',
  build: {
    label: 'This page',
    how: 'Check it outside the browser, and compare with the published hash:',
    command: 'sha256sum approver.html',
    why: 'A page that was tampered with can show any words here. The command cannot be fooled by the page.',
  },
  vault: {
    open: (name: string): string => `Key ${name} is open`,
    locked: (name: string): string => `Key ${name} is locked`,
    lock: 'Lock now',
    auto: 'It is locked by itself after 5 minutes without a touch.',
  },
  failure: {
    about: (names: readonly string[]): string => `In ${nameList(names)}.`,
    unexpected: {
      sentence: 'The page has a fault of its own, and nothing was signed.',
      next: 'Load the page again. If it comes back, write the line below to who maintains it.',
    },
  },
  marks: { '✓': 'passed', '✗': 'failed', '!': 'warning', '•': '', ' ': '' },
  escape: 'a character that does not show itself',
} as const;
