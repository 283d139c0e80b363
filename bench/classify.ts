import { classify } from '@countersign/sql';
import nodeSqlParser from 'node-sql-parser/build/sqlite.js';
import { parse } from 'sqlite3-parser';
import { requireAnswer, type Benchmark, type Comparison } from './benchmark.ts';
import { measure } from './measure.ts';
import { loadOrdinary, readable } from './ordinary.ts';

export const classifyBenchmark: Benchmark = {
  name: 'classify',
  about: 'facts of one ordinary statement without a catalogue, against parsers that only parse',
  run: async () => {
    const corpus = loadOrdinary('sqlite-ordinary.json');
    for (const { sql, read_only: readOnly } of corpus) {
      requireAnswer(classify(sql, 'sqlite').readOnly === readOnly, `classify ${sql}`);
      requireAnswer(parse(sql).status === 'ok', `parse ${sql}`);
    }
    const texts = corpus.map(({ sql }) => sql);
    return [await besideOwnParser(texts), await besidePeer(texts)];
  },
};

function besideOwnParser(texts: readonly string[]): Promise<Comparison> {
  return compare(`all ${texts.length} statements`, texts, 'sqlite3-parser, parse alone', (sql) => parse(sql));
}

/** The peer reads less of the corpus: both are measured on what it does read. */
async function besidePeer(texts: readonly string[]): Promise<Comparison> {
  const peer = new nodeSqlParser.Parser();
  const ast = (sql: string): unknown => peer.astify(sql, { database: 'sqlite' });
  const read = readable(texts, ast);
  const title = `the ${read.length} of ${texts.length} statements that node-sql-parser can read`;
  return compare(title, read, 'node-sql-parser, parse alone', ast);
}

async function compare(
  title: string,
  texts: readonly string[],
  floor: string,
  parseOne: (sql: string) => unknown,
): Promise<Comparison> {
  const sides = [
    { name: 'classify', run: () => texts.forEach((sql) => classify(sql, 'sqlite')) },
    { name: floor, run: () => texts.forEach((sql) => parseOne(sql)) },
  ];
  return { title, measured: await measure(sides, { units: texts.length, roundMs: 60 }) };
}
