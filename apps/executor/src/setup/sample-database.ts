import Database from 'better-sqlite3';
import { ExecutorError } from '../executor-error.ts';
import { existsSync } from 'node:fs';

/** A small shop: customers and their orders, an audit log that a trigger writes, and items that go with their order. */
const sampleSql = `
CREATE TABLE customers (
  id     INTEGER PRIMARY KEY,
  name   TEXT NOT NULL,
  city   TEXT NOT NULL,
  tier   TEXT NOT NULL DEFAULT 'basic'
);
CREATE TABLE orders (
  id          INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  status      TEXT NOT NULL,
  total_cents INTEGER NOT NULL
);
CREATE TABLE items (
  order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  line     INTEGER NOT NULL,
  article  TEXT NOT NULL,
  PRIMARY KEY (order_id, line)
) WITHOUT ROWID;
CREATE TABLE audit (
  id       INTEGER PRIMARY KEY,
  customer INTEGER NOT NULL,
  old_tier TEXT,
  new_tier TEXT
);
CREATE TRIGGER customers_tier AFTER UPDATE OF tier ON customers WHEN old.tier IS NOT new.tier BEGIN
  INSERT INTO audit (customer, old_tier, new_tier) VALUES (old.id, old.tier, new.tier);
END;
INSERT INTO customers (id, name, city, tier) VALUES
  (1, 'Amara Okafor', 'Leeds', 'basic'), (2, 'Björn Lindqvist', 'Uppsala', 'basic'), (3, 'Chen Wei', 'Leeds', 'silver'),
  (4, 'Dolores Vega', 'Cádiz', 'basic'), (5, 'Emre Yıldız', 'İzmir', 'gold'), (6, 'Fatou Diop', 'Leeds', 'basic');
INSERT INTO orders (id, customer_id, status, total_cents) VALUES
  (101, 1, 'shipped', 4990), (102, 1, 'open', 1250), (103, 2, 'open', 19900), (104, 4, 'cancelled', 700),
  (105, 4, 'cancelled', 2500), (106, 5, 'shipped', 88000), (107, 6, 'open', 310);
INSERT INTO items (order_id, line, article) VALUES
  (101, 1, 'kettle'), (101, 2, 'cup'), (102, 1, 'spoon'), (103, 1, 'lathe'), (104, 1, 'string'), (105, 1, 'lamp'),
  (105, 2, 'bulb'), (106, 1, 'piano'), (107, 1, 'stamp');
`;

/** Makes the sample database at `path`. @throws `home/exists` when something is there already */
export function makeSampleDatabase(path: string): void {
  if (existsSync(path)) throw new ExecutorError('home/exists', `${path} is already there`);
  const database = new Database(path);
  try {
    database.exec(sampleSql);
  } finally {
    database.close();
  }
}
