/**
 * `node bare-gate.ts PORT` answers POSTs of `[SQL, ID]` with the rows of that query, from a pool of sessions of the account `reader` of
 * the PostgreSQL at that port: the least that anything does that stands before a database and speaks HTTP. It says its own port.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

const pool = new pg.Pool({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  user: 'reader',
  password: 'reader',
  database: 'shop',
  max: 20,
});
const server = createServer((asked, answer) => {
  const chunks: Buffer[] = [];
  asked.on('data', (chunk: Buffer) => chunks.push(chunk));
  asked.on('end', () => {
    const [sql, id] = JSON.parse(Buffer.concat(chunks).toString()) as [string, number];
    pool.query(sql, [id]).then(
      ({ rows }) => answer.setHeader('content-type', 'application/json').end(JSON.stringify({ rows })),
      () => answer.writeHead(500).end(),
    );
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
