import { nextSteps, type Explanations } from './explanation.ts';

const { alarm, ask, damaged, newer } = nextSteps;
const scan = 'Go on scanning; the codes repeat.';

/** Why bytes, pictures, keys or texts are refused whatever they mean. */
export const formatExplanations: Explanations = {
  cbor: ['The bytes are not in the form that records have.', damaged],
  cose: ['The signed envelope is not in the form that it must have.', newer],
  schema: ['A record has fields that are not known, or lacks some.', newer],
  encode: [
    'A value cannot be written in the form that records have.',
    'Report this as an error of the program.',
  ],
  text: ['A text is not written as it must be.', damaged],
  signature: ['A signature does not fit what it stands on.', alarm],
  key: ['A public key is refused because it is weak or malformed.', alarm],
  'frame/foreign': ['This code is none of ours.', 'Point the camera at the codes of the other screen only.'],
  'frame/truncated': ['The code is incomplete.', scan],
  'frame/check': ['The code was not read rightly.', scan],
  'frame/version': ['The code was made by a newer version.', newer],
  'frame/total': [
    'The code belongs to a message that is longer than codes may carry.',
    'Carry it as a file.',
  ],
  'frame/symbols': [
    'The code belongs to a message of too many codes.',
    'Let the other side use larger codes, or carry it as a file.',
  ],
  'frame/shape': ['The code contradicts itself.', scan],
  'packed/empty': ['The message is empty.', ask],
  'packed/too-long': ['The message is too long for codes.', 'Carry it as a file.'],
  'packed/too-many-symbols': [
    'The message needs too many codes of this size.',
    'Use larger codes, or carry it as a file.',
  ],
  'packed/method': ['The message is packed in a way that is not known.', newer],
  'packed/inflate': ['The message cannot be unpacked.', damaged],
  'packed/inflated-too-long': ['The message unpacks to more than is allowed.', alarm],
  options: ['A setting is outside its range.', 'Choose another setting.'],
  qr: ['A frame does not fit the code that was asked for.', 'Choose a larger code.'],
  picture: ['The picture cannot be read.', 'Choose a PNG, JPEG or GIF picture that shows the codes whole.'],
  reader: ['The reader of codes does not run here.', 'Carry the file instead of the codes.'],
  pkcs8: ['The private key is not in the form that it must have.', 'Restore the key file from its copy.'],
  pem: ['The private key is not in the form that it must have.', 'Restore the key file from its copy.'],
  keyfile: ['The key file is damaged or not one of ours.', 'Restore the key file from its copy.'],
  'keyfile/work-factor': [
    'The key file asks for more work than is allowed; it may be a trap.',
    'Restore the key file from its copy.',
  ],
  'keyfile/unencrypted': [
    'The key file is not protected by a passphrase.',
    'Protect it with a passphrase first.',
  ],
  passphrase: ['The passphrase is refused.', 'Choose a longer one, of several words.'],
  'passphrase/wrong': [
    'The passphrase does not open this key file.',
    'Type it again; mind the keyboard layout.',
  ],
  cspub: ['The public key line is not in the form that it must have.', 'Copy the whole line again.'],
  root: [
    'The root file is not in the form that it must have.',
    'Get it again from those who hold the root keys.',
  ],
  words: ['The words are not those of a fingerprint.', 'Let them be read aloud again.'],
  random: ['No randomness could be had.', 'Do not use this machine until it has been examined.'],
  duration: ['The duration cannot be used.', 'Write it like 90s, 15m, 4h or 1d12h.'],
  time: ['The time cannot be used.', 'Write it like 2026-11-21T09:30:00Z.'],
};
