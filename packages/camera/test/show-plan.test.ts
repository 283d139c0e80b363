import { expect, test } from 'vitest';
import { showPlan, stageAt } from '../src/show-plan.ts';

const framesOf =
  (bytes: number) =>
  (version: number): number =>
    Math.ceil(bytes / (40 * version));

test('a small request is whole many times over within the first second', () => {
  const [first] = showPlan(framesOf(4000));
  expect(first).toMatchObject({ version: 25, codes: 2 });
  expect(framesOf(4000)(25) / ((first?.rate ?? 0) * 2)).toBeLessThan(0.5);
});

test('when nothing arrives it goes on slower and coarser, and begins again', () => {
  for (const bytes of [4000, 50_000, 200_000]) {
    const plan = showPlan(framesOf(bytes));
    const speeds = plan.map(({ version, rate, codes }) => version * rate * codes);
    expect(speeds).toEqual(speeds.toSorted((a, b) => b - a));
    expect(plan[1]?.version).toBe(plan[0]?.version);
    // Every stage is long enough for a camera that loses a third.
    for (const { version, rate, codes, seconds } of plan) {
      expect((seconds * rate * codes * 2) / 3).toBeGreaterThan(framesOf(bytes)(version));
    }
    const whole = plan.reduce((sum, { seconds }) => sum + seconds, 0);
    expect(stageAt(plan, 0)).toBe(plan[0]);
    expect(stageAt(plan, whole - 0.1)).toBe(plan.at(-1));
    expect(stageAt(plan, whole + 0.1)).toBe(plan[0]);
  }
});

test('one code stands still where one holds it all, and smaller ones follow where it is not read', () => {
  const [first, second, ...rest] = showPlan(framesOf(1500));
  expect(first).toMatchObject({ version: 40, codes: 1 });
  expect(first?.seconds).toBeGreaterThanOrEqual(4);
  expect(second).toMatchObject({ version: 25, codes: 1 });
  expect(rest.at(-1)).toMatchObject({ version: 10, rate: 4 });
  expect(showPlan(framesOf(1601)).map(({ version }) => version)).not.toContain(40);
});
