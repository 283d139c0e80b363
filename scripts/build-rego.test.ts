import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { BUNDLES, compileBundle } from './rego/bundles.ts';

const ROOT = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'countersign-rego-'));

afterAll(() => rmSync(folder, { recursive: true }));

test.each(BUNDLES)('$file is what its sources compile to', (bundle) => {
  const path = join(folder, 'bundle.tar.gz');
  compileBundle(bundle, path);
  // How it is deflated depends on the compiler of OPA; what is inside on the sources alone.
  const [kept, made] = [join(ROOT, bundle.file), path].map((file) => gunzipSync(readFileSync(file)));
  expect(kept?.equals(made ?? Buffer.alloc(0))).toBe(true);
});
