import { foreignNames, type ForeignKind, type View } from '@countersign/frames';

/** What a person who holds the camera is told, for each thing it may see. */
export const viewAdvice: Readonly<Record<View, string>> = {
  read: 'Reading. Keep still.',
  'too-dark': 'Too dark: turn up the screen or the light.',
  'too-bright': 'Too bright: turn the camera away from the lamp or the window.',
  'too-far': 'Too far away: come nearer until the code fills most of the picture.',
  blurred: 'Blurred: hold still, and move a little until the code is sharp.',
  'no-code': 'No code in the picture: point the camera at the codes of the other screen.',
};

/** Returns what is said of a code of somebody else. */
export function foreignAdvice(kind: ForeignKind): string {
  return `This code is none of ours: it holds ${foreignNames[kind]}.`;
}
