import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bundlePage, pageText, requireListed } from './build/page.ts';
import { smallTree } from './small-tree.ts';

const ROOT = join(import.meta.dirname, '..');

describe('the page', { timeout: 60_000 }, () => {
  test('is one file, and its policy names the very script and style that it holds', async () => {
    const folder = smallTree({});
    const { sha256, name } = await bundlePage(ROOT, folder);
    const bytes = readFileSync(join(folder, name));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    const html = bytes.toString('utf8');
    expect(html.includes('sourceMappingURL')).toBe(false);
    for (const element of ['script', 'style']) {
      const content = html.split(`\n<${element}>`)[1]?.split(`</${element}>`)[0] ?? '';
      const hash = createHash('sha256').update(content).digest('base64');
      expect(html).toContain(`${element}-src 'sha256-${hash}'`);
      expect(content.length).toBeGreaterThan(1000);
    }
    expect(html).toContain("default-src 'none'");
    expect(html).toContain("connect-src 'none'");
    expect(html).not.toMatch(/'unsafe-(?:inline|eval|hashes)'/u);
    // Not minified: names and lines stand as they were written.
    expect(html.split('\n').length).toBeGreaterThan(10_000);
    expect(html).toContain('function requireApprovable(');
    expect(html.match(/<(?:script|style|link|img|iframe)\b/giu)).toEqual([
      '<style',
      '<script',
      '<script',
      '<script',
    ]);
  });

  test('is not built from anything that the list does not name, nor from less', () => {
    const inputs = ['packages/codec/src/decode.ts', 'node_modules/qr/index.js'];
    const list = '# a remark\npackages/codec/src/\nnode_modules/qr/index.js\n';
    requireListed(inputs, list);
    expect(() => requireListed([...inputs, 'node_modules/evil/index.js'], list)).toThrow(
      '+ node_modules/evil/index.js',
    );
    expect(() => requireListed(inputs.slice(1), list)).toThrow('- packages/codec/src/');
  });

  test.each(['</script', '</SCRIPT', '</style', '<!--', '\r', '\0'])(
    'refuses %j in what it inlines',
    (bad) => {
      expect(() => pageText(`const text = '${bad}';`, '', '')).toThrow('the script of the page would hold');
      expect(() => pageText('', `/* ${bad} */`, '')).toThrow('the style of the page would hold');
    },
  );
});
