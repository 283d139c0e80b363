import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { signSubmission, type Statement, type Submission } from '@countersign/messages';
import pg from 'pg';
import { Approver } from '../../test/faults/signer.ts';
import { requireAnswer } from '../benchmark.ts';
import type { Ask } from './load.ts';
import { tableRows, type Servers } from './servers.ts';

const submissionType = 'application/vnd.countersign.submission';

/** A read of one row by its key, which is a parameter, as an application has it. */
const readOne = 'SELECT id, owner, balance FROM accounts WHERE id = $1';

function someId(): number {
  return 1 + Math.floor(Math.random() * tableRows);
}

/** Clients of one road, and what ends them. */
export interface Clients {
  readonly clients: readonly Ask[];
  readonly close: () => Promise<void>;
}

/** Clients with a connection each, to PostgreSQL itself or to what stands before it. */
export async function pgClients(port: number, count: number): Promise<Clients> {
  const open = async (): Promise<pg.Client> => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'reader',
      password: 'reader',
      database: 'shop',
    });
    // A connection that breaks fails the query that waits for it, and not the process.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const connections = await Promise.all(Array.from({ length: count }, open));
  return {
    clients: connections.map((client) => async () => {
      const id = someId();
      const { rows } = await client.query<{ id: number }>(readOne, [id]);
      requireAnswer(rows[0]?.id === id, 'the row read over a connection');
    }),
    close: async () => {
      await Promise.all(connections.map((client) => client.end()));
    },
  };
}

/** A submission that its submitter has signed, and what must come of it. */
export interface Signed {
  readonly bytes: Uint8Array;
  readonly code: string;
}

/** Clients of the gate over connections that stay open; what they send was signed before the clock runs. */
export function gateClients({ url }: Pick<Servers, 'url'>, submissions: Signed[], count: number): Clients {
  const agent = new Agent({ keepAlive: true, maxSockets: count });
  const ask: Ask = async () => {
    const next = submissions.pop();
    requireAnswer(next !== undefined, 'there are too few submissions');
    if (next === undefined) return;
    const answer = await post(`${url}/v1/requests`, agent, submissionType, next.bytes);
    requireAnswer(answer.includes(`"code":"${next.code}"`), `the gate said ${answer.slice(0, 400)}`);
  };
  return { clients: Array.from({ length: count }, () => ask), close: ended(agent) };
}

/** Clients of a program that does nothing but pass a query on, over connections that stay open. */
export function bareClients({ bareUrl }: Pick<Servers, 'bareUrl'>, count: number): Clients {
  const agent = new Agent({ keepAlive: true, maxSockets: count });
  const ask: Ask = async () => {
    const id = someId();
    const body = Buffer.from(JSON.stringify([readOne, id]));
    const answer = await post(bareUrl, agent, 'application/json', body);
    requireAnswer(answer.includes(`"id":${id},`), `the bare gate said ${answer.slice(0, 400)}`);
  };
  return { clients: Array.from({ length: count }, () => ask), close: ended(agent) };
}

function ended(agent: Agent): () => Promise<void> {
  return () => {
    agent.destroy();
    return Promise.resolve();
  };
}

/** Signs reads that policy lets through. */
export function reads(domain: Uint8Array, count: number): Signed[] {
  return Array.from({ length: count }, () => {
    const statement = { sql: readOne, params: [{ type: 'integer' as const, value: someId() }] };
    return signed(domain, 'shop', statement, 'request/ran');
  });
}

/** Signs changes that policy denies: recorded with their verdict in one transaction, and no more. */
export function denials(domain: Uint8Array, target: string, sql: string, count: number): Signed[] {
  return Array.from({ length: count }, () => signed(domain, target, { sql, params: [] }, 'request/denied'));
}

function signed(domain: Uint8Array, target: string, statement: Statement, code: string): Signed {
  const submission: Submission = {
    version: 1,
    domain,
    id: new Uint8Array(randomBytes(16)),
    madeAt: Math.floor(Date.now() / 1000),
    target,
    statements: [statement],
    reason: 'a read of the benchmark',
  };
  return { bytes: signSubmission(submission, Approver.published('ci').signer), code };
}

function post(url: string, agent: Agent, type: string, body: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': type, 'content-length': body.length };
    const asked = request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(Buffer.concat(chunks).toString()));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
