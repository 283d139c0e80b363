import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A narrow window, zoom of 200 %, a wide window, and in the end the usual one. */
const sizes = [
  { width: 360, height: 740 },
  { width: 640, height: 400 },
  { width: 1920, height: 1080 },
  { width: 1280, height: 720 },
];

/** Expects that axe finds nothing serious on the screen as it stands, light and dark. */
export async function expectNothingSerious(page: Page): Promise<void> {
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(axe);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations, passes } = await page.evaluate<AxeResults>('axe.run()');
    // Otherwise nothing was looked at.
    expect(passes.length).toBeGreaterThan(10);
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    const found = serious.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ''}`),
    );
    expect([colorScheme, ...found]).toEqual([colorScheme]);
  }
}

/** Expects that nobody has to scroll sideways, whatever the window. */
export async function expectNoOverflow(page: Page): Promise<void> {
  for (const size of sizes) {
    await page.setViewportSize(size);
    const overflow = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect([size.width, overflow]).toEqual([size.width, 0]);
  }
}
