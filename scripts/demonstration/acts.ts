import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { command, narrate, type Stage } from './stage.ts';

const passphrase = { COUNTERSIGN_PASSPHRASE: 'countersign-demo' };

/** The ids of the two requests that wait for approvers, short enough to type. */
export interface Requests {
  readonly update: string;
  readonly deletion: string;
}

/** A read runs, a careless statement is denied, two risky ones wait. */
export function submitStatements(stage: Stage): Requests {
  const leeds = "SELECT id, name, tier FROM customers WHERE city = 'Leeds'";
  stage.step(
    'A read runs at once',
    'The policy lets through what is known to read only. It runs behind a read-only wall in the database engine.',
  );
  stage.run(command`countersign submit ${leeds} --reason ${'who lives in Leeds?'} --home online`, 0);

  stage.step('A DELETE without WHERE is denied', 'No approver is bothered with it.');
  stage.run(
    command`countersign submit ${'DELETE FROM orders'} --reason ${'clean up old orders'} --home online`,
    3,
  );

  stage.step(
    'An UPDATE of several rows waits',
    'It ran for real and was rolled back: these are the exact rows, those that a trigger writes among them.',
  );
  const update = submit(
    stage,
    "UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'",
    'loyalty campaign, ticket 4711',
  );

  stage.step(
    'A DELETE that cascades waits',
    'The statement names one row; its orders and their items would go with it.',
  );
  return {
    update,
    deletion: submit(stage, 'DELETE FROM customers WHERE id = 4', 'right to erasure, ticket 4712'),
  };
}

function submit(stage: Stage, sql: string, reason: string): string {
  const said = stage.run(command`countersign submit ${sql} --reason ${reason} --home online`, 8);
  const id = /request ([0-9a-f]{32})/.exec(said.stdout)?.[1];
  if (id === undefined) throw new Error('submit named no request');
  return id.slice(0, 8);
}

/** Ada approves from a file, Ben from pictures of QR codes; the executor runs what they signed. */
export function approveAndRun(stage: Stage, { update }: Requests): void {
  stage.step(
    'Over the gap: Ada gets a file',
    'She works on an isolated machine, in a home of her own; the online home is out of her reach.',
  );
  stage.run(command`countersign export ${update} --file update.csreq --home online`, 0);
  stage.run(
    command`countersign-approver approve update.csreq --key ada --note ${'checked the three rows'} --out ada.csdec --home offline/ada`,
    0,
    passphrase,
  );

  stage.step(
    'Over the gap: Ben gets QR pictures',
    'The same request as a camera would see it; his decision goes back as a picture too.',
  );
  mkdirSync(stage.path('codes'));
  stage.run(command`countersign export ${update} --png codes/update.png --home online`, 0);
  stage.run(
    command`countersign-approver approve codes --key ben --out ben.csdec --png ben.png --home offline/ben`,
    0,
    passphrase,
  );

  stage.step(
    'Back online: it runs, once',
    'Signatures, quorum, expiry and policy are checked, and that the database still gives the same diff.',
  );
  stage.run(command`countersign import ada.csdec ben.png --run --home online`, 0);
  stage.run(
    command`countersign submit ${'SELECT id, name, tier FROM customers'} --reason ${'look at the result'} --home online`,
    0,
  );
}

/** What ran does not run again, and what is no longer true does not run at all. */
export function replayAndDrift(stage: Stage, { update, deletion }: Requests): void {
  stage.step(
    'A replay and a drift are refused',
    'A request never runs twice; one whose rows have changed since does not run at all.',
  );
  stage.run(command`countersign run ${update} --home online`, 1);
  stage.ask(command`countersign export ${deletion} --file deletion.csreq --home online`, 0);
  for (const name of ['ada', 'carol']) {
    stage.ask(
      command`countersign-approver approve deletion.csreq --key ${name} --confirm-rows 6 --out ${`${name}-2.csdec`} --home ${`offline/${name}`}`,
      0,
      passphrase,
    );
  }
  stage.run(command`countersign import ada-2.csdec carol-2.csdec --home online`, 0);
  narrate('\n  … meanwhile an application adds an order for the same customer …');
  addOrder(stage);
  stage.run(command`countersign run ${deletion} --home online`, 9);
}

/** Writes to the database as an application would that knows nothing of Countersign. */
function addOrder(stage: Stage): void {
  const database = new DatabaseSync(stage.path('online', 'demo.db'));
  database.exec("INSERT INTO orders (customer_id, status, total_cents) VALUES (4, 'open', 990)");
  database.close();
}

/** The auditor verifies the record, and refuses a forged copy of it. */
export function audit(stage: Stage): void {
  stage.step(
    'The auditor verifies the whole record',
    'Offline, with nothing but the exported ledger and the public root file.',
  );
  stage.run(command`countersign ledger export --out record.csledger --home online`, 0);
  stage.run(command`countersign-audit verify record.csledger --root online/root.pub`, 0);

  stage.step('A forged copy is caught', 'One bit of the record is changed in a copy.');
  const bytes = readFileSync(stage.path('record.csledger'));
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(stage.path('forged.csledger'), bytes);
  stage.run(command`countersign-audit verify forged.csledger --root online/root.pub`, 10);
}
