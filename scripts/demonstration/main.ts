import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { approveAndRun, audit, replayAndDrift, submitStatements } from './acts.ts';
import { command, narrate, Stage } from './stage.ts';

const repository = join(import.meta.dirname, '..', '..');
const approvers = ['ada', 'ben', 'carol'];

/** Makes both homes: the executor's with its sample database, and a separate one for each approver, which never sees the other. */
function makeHomes(stage: Stage): void {
  stage.run(command`countersign init --demo --home online`, 0);
  for (const name of approvers) {
    const home = `offline/${name}`;
    mkdirSync(stage.path(home), { recursive: true, mode: 0o700 });
    writeFileSync(stage.path(home, 'COUNTERSIGN-DEMO'), 'published keys, for trying out only\n');
    const root = join(repository, 'keys.example', 'root.pub');
    const key = join(repository, 'keys.example', `${name}.cskey`);
    stage.ask(
      command`countersign-approver init --home ${home} --root ${root} --key ${key} --name ${name} --yes`,
      0,
    );
  }
}

const handsOnText = `
Two sides, one folder each: online/ is the executor's home, offline/ada and offline/ben are approvers' homes.
The passphrase of every example key is countersign-demo.

  cd DIRECTORY
  export PATH="PROGRAMS:$PATH" COUNTERSIGN_HOME=online

  # online: submit something risky, look at it, carry it out
  countersign submit "UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'" --reason 'loyalty campaign'
  countersign list
  countersign export ID --file request.csreq

  # offline: review, sign
  countersign-approver review request.csreq --home offline/ada
  countersign-approver approve request.csreq --key ada --out ada.csdec --home offline/ada
  countersign-approver approve request.csreq --key ben --out ben.csdec --home offline/ben

  # online: carry the decisions in, run it, look at the record
  countersign import ada.csdec ben.csdec --run
  countersign show ID
  countersign ledger export --out record.csledger
  countersign-audit verify record.csledger --root online/root.pub
`;

function main(handsOn: boolean): void {
  const directory = handsOn
    ? join(repository, 'demo-home')
    : mkdtempSync(join(tmpdir(), 'countersign-demo-'));
  if (handsOn) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { mode: 0o700 });
    writeFileSync(join(directory, 'COUNTERSIGN-DEMO'), 'published keys, for trying out only\n');
  }
  const stage = new Stage(directory);
  try {
    stage.step(
      'Two homes',
      'The online executor with a sample shop database, and three approvers. All keys are published examples.',
    );
    makeHomes(stage);
    if (handsOn) {
      narrate(
        handsOnText
          .replace('DIRECTORY', directory)
          .replace('PROGRAMS', join(repository, 'node_modules', '.bin')),
      );
      return;
    }
    const requests = submitStatements(stage);
    approveAndRun(stage, requests);
    replayAndDrift(stage, requests);
    audit(stage);
    narrate(
      '\nDone: submitted, reviewed, signed offline, run once, verified. To try it by hand: ./scripts/demo --hands-on',
    );
  } finally {
    if (!handsOn) rmSync(directory, { recursive: true, force: true });
  }
}

main(process.argv.includes('--hands-on'));
