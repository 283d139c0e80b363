import type { CameraErrorCode } from '@countersign/camera';
import type { PageErrorCode } from '../page-error.ts';

/** What each of the page's own codes means, and what to do next. */
export const failureTexts: Readonly<
  Record<PageErrorCode | CameraErrorCode, { readonly sentence: string; readonly next: string }>
> = {
  'camera/not-allowed': {
    sentence: 'The browser does not allow the camera.',
    next: 'Allow it beside the address of this page, or carry the request as a file.',
  },
  'camera/none': {
    sentence: 'There is no camera.',
    next: 'Plug one in and choose it, or carry the request as a file.',
  },
  'camera/busy': { sentence: 'Another program uses the camera.', next: 'Close it, and try again.' },
  'camera/failed': {
    sentence: 'The camera cannot be used.',
    next: 'Carry the request as a file or as pictures.',
  },
  'camera/ended': { sentence: 'The camera was switched off.', next: 'Plug it in again, and choose it.' },
  'camera/light': {
    sentence: 'The light of the camera cannot be switched.',
    next: 'Go on without it: turn up the light in the room, or the screen that shows the codes.',
  },
  'camera/old-browser': {
    sentence: 'This browser is too old to read codes with the camera.',
    next: 'Use Firefox 132 or Chromium 137, or newer, or carry the request as a file or as pictures.',
  },
  'worker/failed': {
    sentence: 'The reader of codes broke down.',
    next: 'Go back, and start the camera again.',
  },
  'worker/too-slow': {
    sentence: 'The reader of codes does not start.',
    next: 'Load the page again, or carry the request as a file.',
  },
  'picture/undecodable': {
    sentence: 'The picture cannot be read.',
    next: 'Choose a PNG, GIF or JPEG picture of ordinary size that shows the codes whole.',
  },
  'page/no-ed25519': {
    sentence: 'This browser cannot verify signatures of the kind that are used here.',
    next: 'Use a newer Chromium or Firefox.',
  },
  'page/verifiers-differ': {
    sentence: 'The two ways of this machine to verify a signature disagree.',
    next: 'Do not use this machine until it has been examined.',
  },
  'page/file-too-large': {
    sentence: 'A file is larger than such a file can be.',
    next: 'Choose the right file.',
  },
  'page/too-many-files': {
    sentence: 'There are too many files.',
    next: 'Choose a folder that holds only what belongs to you as an approver.',
  },
  'page/not-text': {
    sentence: 'A file of public keys holds something other than plain text.',
    next: 'Get it again from who made it.',
  },
  'page/no-root': {
    sentence: 'There is no root file, and without it nothing can be believed.',
    next: 'Get root.pub from those who hold the root keys, and put it beside your key.',
  },
  'page/several-roots': {
    sentence: 'There is more than one root file.',
    next: 'Choose the files of one folder only.',
  },
  'page/no-key': { sentence: 'There is no key.', next: 'Choose your .cskey file too, or make a key.' },
  'page/key-unprotected': {
    sentence: 'A key has no passphrase: who finds the file can sign.',
    next: 'Make a new key, and let the roster keeper replace this one.',
  },
  'page/key-other': {
    sentence: 'The files beside the key belong to another key.',
    next: 'Restore key and journal from the same copy.',
  },
  'page/example-key': {
    sentence: 'This key is published: anybody can sign with it.',
    next: 'Make a key of your own. Only a folder that holds a file COUNTERSIGN-DEMO may use it.',
  },
  'page/codes-incomplete': {
    sentence: 'Some codes are missing.',
    next: 'Take pictures of the missing ones, and choose them all together.',
  },
  'picture/without-code': {
    sentence: 'No QR code can be read in the picture.',
    next: 'Take it again: sharp, whole, evenly lit, the code filling most of it.',
  },
  'page/no-request': {
    sentence: 'There is no request here.',
    next: 'Choose a .csreq file or pictures of its codes.',
  },
  'page/several-requests': {
    sentence: 'There are several requests, and a decision is about one.',
    next: 'Choose the file or the pictures of one request.',
  },
  'page/folder-write': {
    sentence: 'Your folder cannot be written to.',
    next: 'Check that the stick is plugged in and not write-protected, or save the file by hand.',
  },
  'page/paste': { sentence: 'The text is no request in base64.', next: 'Copy the whole text again.' },
  'page/count': {
    sentence: 'The limit of rows is no whole number.',
    next: 'Write it in digits, or leave it empty.',
  },
  'page/key-name': {
    sentence: 'This name cannot be used for a key.',
    next: 'Use small letters, digits and . _ - only, beginning with a letter or digit.',
  },
  'page/passphrases-differ': { sentence: 'The two passphrases differ.', next: 'Type the same one twice.' },
  'page/proof-failed': {
    sentence: 'The saved file is not the key that was made.',
    next: 'Save it again, and choose the file that was just saved.',
  },
};
