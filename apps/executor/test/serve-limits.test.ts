import { expect, test } from 'vitest';
import { anAddress, Rates } from '../src/serve/rates.ts';
import { Counter, Histogram, metricText } from '../src/serve/prometheus.ts';
import { parseSignatureInput } from '../src/serve/signature-input.ts';

test('an identity may call so often a second, and twice as often at once', () => {
  let now = 0;
  const rates = new Rates(10, () => now);
  const taken = (who: string): number => {
    for (let count = 0; ; count += 1) {
      try {
        rates.take(who);
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'serve/rate', status: 429, retryAfter: 1 });
        return count;
      }
    }
  };
  expect(taken('ci')).toBe(20);
  now += 500;
  expect(taken('ci')).toBe(5);
  expect(taken('olivia')).toBe(20);
  now += 3_600_000;
  expect(taken('ci')).toBe(20);
});

test('calls without a caller are counted by address, and so many addresses are remembered', () => {
  const rates = new Rates(1, () => 0, anAddress);
  rates.take('192.0.2.1');
  rates.take('192.0.2.1');
  expect(() => rates.take('192.0.2.1')).toThrow(/from this address without a caller/);
  for (let index = 0; index < 10_000; index += 1) rates.take(`address ${index}`);
  expect(() => rates.take('192.0.2.1')).not.toThrow();
});

test('metrics are written as Prometheus reads them', () => {
  const counter = new Counter();
  counter.add({ code: 'a"b\\c\nd' });
  counter.add({ code: 'a"b\\c\nd' });
  const histogram = new Histogram([1, 5]);
  for (const value of [1, 3, 9]) histogram.observe(value, { route: '/x' });
  const lines = metricText([
    { name: 'c', help: 'counts', counter },
    { name: 'h', help: 'observes', histogram },
    { name: 'g', help: 'is', gauge: [[{}, 7]] },
  ]).split('\n');
  expect(lines).toContain(String.raw`c{code="a\"b\\c\nd"} 2`);
  expect(lines).toEqual(
    expect.arrayContaining([
      'h_bucket{route="/x",le="1"} 1',
      'h_bucket{route="/x",le="5"} 2',
      'h_bucket{route="/x",le="+Inf"} 3',
      'h_sum{route="/x"} 13',
      'h_count{route="/x"} 3',
      'g 7',
      '# TYPE g gauge',
      '# TYPE c counter',
      '# TYPE h histogram',
    ]),
  );
});

const signature = `sig=:${'A'.repeat(86)}==:`;
const good = 'sig=("@method" "@target-uri");created=1;expires=2;nonce="n";keyid="k";tag="t"';

test('signature headers have one form', () => {
  expect(parseSignatureInput(good, signature)).toMatchObject({
    components: ['@method', '@target-uri'],
    created: 1,
    expires: 2,
    nonce: 'n',
    keyid: 'k',
    alg: undefined,
    tag: 't',
    parameters: good.slice('sig='.length),
  });
  for (const input of [
    '',
    good.replace('sig=', 'other='),
    good.replace('("', '( "'),
    good.replace('" "', '"  "'),
    good.replace('"@method"', '"@method";sf'),
    good.replace('"@method"', '"@query-param";name="a"'),
    good.replace(';tag="t"', ''),
    good.replace('created=1', 'created="1"'),
    good.replace('created=1', 'created=-1'),
    good.replace('created=1', 'created=1.5'),
    good.replace('nonce="n"', 'nonce="a\\"b"'),
    good.replace('nonce="n"', 'nonce=:AA==:'),
    `${good};created=1`,
    `${good};x=1`,
    `${good} `,
    `${good}, ${good}`,
  ])
    expect(() => parseSignatureInput(input, signature), input).toThrow(
      expect.objectContaining({ code: 'http-signature/form' }) as Error,
    );
  for (const other of ['', 'sig=:AAAA:', `sig=${'A'.repeat(88)}`, `SIG=:${'A'.repeat(86)}==:`])
    expect(() => parseSignatureInput(good, other), other).toThrow(
      expect.objectContaining({ code: 'http-signature/form' }) as Error,
    );
});
