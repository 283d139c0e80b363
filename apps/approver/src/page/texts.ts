import { formatCount, formatQuantity } from '@countersign/wording';

function percent(part: number): string {
  return `${Math.round(100 * part)} %`;
}

/** Everything that the page says in words of its own; what it says about a request stands in packages/wording. */
export const texts = {
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
    about: (what: string): string => `In ${what}.`,
    unexpected: {
      sentence: 'The page has a fault of its own, and nothing was signed.',
      next: 'Load the page again. If it comes back, write the line below to who maintains it.',
    },
  },
  start: {
    title: 'Your folder',
    lead: 'Key, root keys and journal come from a folder that you keep, usually on a stick. The browser remembers nothing of it.',
    folder: 'Open the folder',
    files: 'Choose its files',
    filesHint: 'root.pub, your .cskey, and if there are any: .cspub, .csstate and the rosters',
    readOnly:
      'With chosen files, this browser cannot write back: the journal is saved as a download after each decision.',
    drop: 'or drop the files anywhere on this page',
    none: 'No key yet?',
    make: 'Make a key',
    newMachine: 'A new machine?',
    reading: 'Reading the files',
    what: 'What is in it',
  },
  root: {
    title: 'Confirm the root keys',
    lead: 'Everything that this machine will believe hangs on these keys. Let their keepers read the words to you, by another way than the one the file came.',
    needs: (threshold: number, count: number): string =>
      `${threshold} of ${formatQuantity(count, 'root key')} must sign a roster.`,
    same: (name: string): string => `I heard these words from the keeper of ${name}`,
    confirm: 'Go on with these root keys',
    known: 'These root keys are the ones that your journal was made with.',
  },
  key: {
    choose: 'Your key',
    words: 'Its words',
    unknown: 'known when it is opened',
    seen: (size: number): string => `ledger seen up to entry ${formatCount(size)}`,
    fresh: 'has not decided anything yet',
    decisions: (count: number): string => `${formatQuantity(count, 'decision')} in the journal`,
    roster: (number: number): string => `roster ${number} confirmed`,
    noRoster: 'no roster confirmed yet',
    first:
      'This key was never used here. It is opened once now, so that the request can be reviewed as yours.',
  },
  passphrase: {
    label: 'Passphrase',
    again: 'Passphrase once more',
    open: 'Open the key',
    opening: 'Opening the key, some seconds of work on purpose',
    show: 'Show',
    hide: 'Hide',
  },
  inbox: {
    title: 'Open a request',
    lead: 'It comes as a file, as pictures of QR codes, or through the camera. Nothing is signed by opening it.',
    file: 'Choose a file or pictures',
    camera: 'Use the camera',
    paste: 'Paste it as text',
    pasteLabel: 'The request in base64',
    pasteOpen: 'Open what was pasted',
    drop: 'or drop it anywhere on this page',
    verifying: 'Verifying',
    journal: 'Journal',
    change: 'Use another folder',
    ready: 'Ready',
    passedOver: 'Something else was in the pictures, and was passed over.',
    passedForeign: (name: string, what: string): string => `In ${name} a code holds ${what}.`,
    passedRefused: (name: string, code: string): string =>
      `In ${name} a code was not read rightly (${code}).`,
    passedIncomplete: (received: number, needed: number): string =>
      `Of another message ${received} of ${formatQuantity(needed, 'code')} were there.`,
  },
  review: {
    back: 'Close without deciding',
    contents: 'Contents',
    decide: 'Your decision',
    by: 'by',
    rows: (count: number): string => formatQuantity(count, 'changed row'),
    until: 'Review by',
    aloud: 'Read aloud',
    noRows: 'No rows are shown.',
    section: (marks: number): string => (marks === 0 ? '' : ` (${formatQuantity(marks, 'warning')})`),
  },
  statement: {
    line: (number: number): string => `line ${number}`,
    whole: 'About the whole statement',
    statement: (number: number, count: number): string => `Statement ${number} of ${count}`,
    label: (number: number): string => `Text of statement ${number}`,
    none: 'The text is empty.',
  },
  grid: {
    label: (table: string): string => `Changed rows of ${table}`,
    title: 'Rows of ',
    search: 'Search these rows',
    inserted: 'inserted',
    updated: 'updated',
    deleted: 'deleted',
    onlyChanged: 'Changed columns only',
    wrap: 'Wrap long values',
    showing: (first: number, last: number, count: number): string =>
      count === 0
        ? 'No row matches.'
        : `Rows ${formatCount(first)} to ${formatCount(last)} of ${formatQuantity(count, 'row')}`,
    seen: (seen: number, count: number): string =>
      seen === count
        ? `all ${formatCount(count)} seen`
        : `${formatCount(seen)} of ${formatCount(count)} seen`,
    keys: 'Arrow keys move, Page Up and Page Down turn pages; the row is unfolded below. Values that are cut, and columns out of sight, do not count as seen.',
    unfolded: (number: number): string => `Row ${formatCount(number)}, unfolded`,
    column: 'Column',
    before: 'Before',
    after: 'After',
    change: 'Change',
    key: 'key',
    same: 'unchanged',
    more: (count: number): string => ` … ${formatQuantity(count, 'more character')}, unfolded below`,
  },
  diff: {
    removed: 'removed',
    added: 'added',
    same: 'unchanged',
    label: 'What differs',
    nothing: 'Nothing differs.',
  },
  decide: {
    title: 'Your decision',
    legend: 'What do you say?',
    approve: 'Approve',
    approveHint: 'It runs when the quorum agrees.',
    deny: 'Deny',
    denyHint: 'It never runs. One denial is enough.',
    amend: 'Amend',
    amendHint: 'A denial with a proposal: it comes back as a new request.',
    note: 'Note',
    noteHint: 'The operator, later approvers and auditors read it.',
    conditions: 'Narrower conditions',
    rowsMax: 'At most so many rows',
    notBefore: 'Not before',
    notAfter: 'Not after',
    timeHint: 'in UTC, like 2026-01-31T09:00:00Z',
    proposal: 'Your proposal',
    proposalHint:
      'Change the text; it is submitted and approved anew. Parameters do not go along: write values out.',
    rows: 'How many rows does it change?',
    rowsHint: 'Rows or objects are lost. Count them in the changes above.',
    roster: 'The number of the new roster',
    rosterHint: 'The roster changed as shown under the checks. Compare it with who holds a root key.',
    reach: (parts: readonly string[]): string =>
      `The whole of what changes must have been on the screen. Seen: ${parts.join(', ')}.`,
    reachedOf: {
      rows: (seen: number, count: number): string =>
        `${formatCount(seen)} of ${formatQuantity(count, 'changed row')}`,
      lines: (seen: number, count: number): string =>
        `${formatCount(seen)} of ${formatQuantity(count, 'line')} about the schema`,
    },
    reached: 'Every changed row was on the screen.',
    reachedSchema: 'Every change of the schema was on the screen.',
    nothingToReach: 'No changed row and no change of the schema came with the request.',
    incomplete:
      'Not everything that changes came with the request, or could be tried: what is missing here, nobody can have seen.',
    goOn: 'Go to the first row not seen',
    goOnSchema: 'Go to the first line not seen',
    sign: {
      none: 'Sign',
      approve: 'Sign the approval',
      deny: 'Sign the denial',
      amend: 'Sign the amendment',
    },
    signing: 'Signing',
    blocked: 'Before you can sign',
    why: {
      choice: 'Choose what you say.',
      rows: 'Type the number of rows.',
      reach: 'Go through all that changes.',
      roster: 'Type the number of the new roster.',
      passphrase: 'Type your passphrase.',
      proposal: 'Change the statement: the proposal is the request as it stands.',
    },
  },
  out: {
    title: { approve: 'Approval signed', deny: 'Denial signed', amend: 'Amendment signed' },
    request: (words: string): string => `Request ${words}`,
    keep: 'First, keep your journal',
    kept: 'Your journal is written to your folder.',
    keepWhy:
      'It holds the number of this decision. Without it, the next decision would use the number again and be refused.',
    save: (name: string): string => `Save ${name}`,
    saved: 'Saved. Put it beside your key, over the older one.',
    saveFailed: 'The folder did not take it. Save it by hand.',
    hand: 'Then hand the response over',
    handLead: 'The executor reads it with its camera or from the file.',
    file: 'Save the response',
    held: 'The response is shown once the journal is kept.',
    code: 'QR code of the response',
    codes: (number: number, count: number, needed: number): string =>
      `Code ${number} of ${count}, over and over; any ${needed} of them are enough`,
    smaller: 'Not read? Show smaller codes',
    pause: 'Stand still',
    play: 'Go on',
    several: (count: number): string =>
      `It holds ${formatQuantity(count, 'decision')}: this one, and earlier ones that the ledger has not confirmed.`,
    next: 'Open another request',
  },
  journal: {
    title: 'Journal',
    lead: 'What your key has signed, and what the ledgers were seen to say of it.',
    empty: 'This key has not signed anything yet.',
    again: 'Hand over again',
    confirmed: 'in the ledger',
    open: 'not seen in the ledger yet',
    back: 'Back',
    verified: 'Every signature and the chain were verified.',
    columns: ['No.', 'When', 'Decision', 'Request', 'Ledger', 'Note'],
    choices: { approve: 'approved', deny: 'denied', amend: 'amended' },
  },
  make: {
    title: 'Make a key',
    lead: 'The private key is locked with a passphrase and never leaves your folder. Nobody can open it for you.',
    name: 'Name of the key',
    nameHint: 'Small letters, digits and . _ - such as your first name',
    strength: 'Strength',
    verdicts: { refused: 'refused', fair: 'fair', strong: 'strong' },
    bits: (bits: number): string => `about ${bits} bits at best`,
    idea: 'Five or six random words make a strong one.',
    make: 'Make the key',
    making: 'Making and locking the key, some seconds of work on purpose',
    made: 'The key is made',
    opened: 'Proof: the locked file was opened again with your passphrase.',
    saveKey: (name: string): string => `Save ${name}.cskey`,
    savePublic: (name: string): string => `Save ${name}.cspub`,
    saveFolder: 'Save both into a folder',
    prove: 'Now prove that what you saved opens: choose the saved .cskey',
    proved: 'Proof: the saved file is the key that was made.',
    aloud: 'Hand the .cspub to who keeps the roster, and read them these words:',
    back: 'Go on to your folder',
  },
  camera: {
    title: 'Camera',
    lead: 'Point the camera at the codes on the other screen. Nothing is recorded.',
    device: 'Camera',
    resolution: 'Resolution',
    resolutions: { '720p': '1280 × 720', '1080p': '1920 × 1080', most: 'the most that the camera has' },
    sees: 'What the camera sees',
    light: 'Light',
    starting: 'Starting the camera',
    garbled: 'That code was not read rightly; they repeat',
    searching: 'No code was read yet',
    progress: (received: number, needed: number): string =>
      `${received} of ${formatQuantity(needed, 'code')}, ${needed - received} missing`,
    done: 'All codes are here.',
    several: (count: number): string =>
      `! ${formatCount(count)} messages are in sight. Show the camera one of them, or open the one that you mean.`,
    stream: (id: string): string => `Message ${id}`,
    whole: (codes: number): string => `all ${formatQuantity(codes, 'code')} are here`,
    request: (words: string): string => `the request with the words: ${words}`,
    noRequest: 'this is no request',
    open: 'Open this one',
    size: (width: number, height: number): string => `${width} × ${height}`,
    back: 'Back',
  },
  test: {
    title: 'Camera test',
    open: 'Test the camera',
    lead: 'Find out, before a request waits, whether this camera brings one across. It needs no key, and nothing is recorded.',
    sees: 'What the camera sees',
    codes: 'The test codes',
    code: 'QR codes of the test',
    how: 'Bring them before the camera in one of these ways:',
    ways: [
      'On another machine with this page: open the camera test there too, and show them. It needs no camera.',
      'On a telephone or any other screen: save them here as a moving picture, and open it there.',
      'With this machine alone: show them, and hold a mirror before the camera, so that it sees this screen.',
    ],
    show: 'Show the test codes',
    hide: 'Hide the test codes',
    save: 'Save as a moving picture',
    file: 'countersign-camera-test.gif',
    again: 'Test again',
    whole: (seconds: number): string =>
      `✓ A request would come across: the test codes came whole and right, in ${seconds < 1 ? 'less than a second' : formatQuantity(Math.round(seconds), 'second')}.`,
    other: '! Codes came whole, but not the test codes. Show those to be certain.',
    partly: (received: number, needed: number, others: number): string => {
      const mixed =
        others === 0 ? 'Keep still.' : `${formatCount(others + 1)} messages are in sight: show one alone.`;
      return `! Not yet: ${received} of ${formatQuantity(needed, 'code')} read, ${needed - received} missing. ${mixed}`;
    },
    foreign: (what: string): string =>
      `! The code in the picture is none of ours: it holds ${what}. Bring the test codes before the camera.`,
    nothing: '✗ As it is, no request would come across: no code was read.',
    measures: {
      picture: 'Picture',
      rate: 'Pictures a second',
      light: 'Light',
      sharpness: 'Sharpness',
      module: 'Size of the code',
    },
    rate: (looked: number, given: number | undefined): string =>
      given === undefined
        ? `${Math.round(looked)} looked at`
        : `${Math.round(looked)} looked at, of ${Math.round(given)} that the camera says it gives`,
    light: (view: string, part: number): string => {
      if (view === 'too-dark') return `${percent(part)}, too dark`;
      return view === 'too-bright' ? `${percent(part)}, too bright` : `${percent(part)}, enough`;
    },
    sharpness: (view: string, part: number | undefined): string => {
      if (part === undefined) return 'cannot be told: nothing in the picture has edges';
      return `${percent(part)}, ${view === 'blurred' ? 'blurred' : 'enough'}`;
    },
    module: (pixels: number | undefined, needed: number): string =>
      pixels === undefined
        ? 'no code found'
        : `${pixels.toFixed(1)} camera pixels for each square, ${needed} needed`,
  },
  marks: { '✓': 'passed', '✗': 'failed', '!': 'warning', '•': '', ' ': '' },
  escape: 'a character that does not show itself',
} as const;
