import { concatBytes } from '@countersign/codec';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeFrame, encodeFrame, encodeFrames, FrameAssembler, FrameError } from '../src/index.ts';
import { makeRandom, randomBytes } from './random.ts';

const seed = 20_261_121;
const options = { frameBytesMax: 60, compress: false };

test('as many frames as there are symbols suffice without loss from any joining moment', () => {
  const random = makeRandom(seed);
  for (const length of [40, 41, 200, 1999]) {
    const message = randomBytes(random, length);
    const source = encodeFrames(message, options);
    for (let start = 0; start < 2 * source.minimumFrames + 3; start++) {
      const assembler = new FrameAssembler();
      for (let step = 0; step < source.minimumFrames; step++) {
        expect(assembler.message()).toBeUndefined();
        assembler.add(source.frame(start + step));
      }
      expect(assembler.message()).toEqual(message);
    }
  }
});

test('the index wraps around and the stream goes on', () => {
  const message = randomBytes(makeRandom(seed), 700);
  const source = encodeFrames(message, options);
  const assembler = new FrameAssembler();
  for (let step = 0; step < source.minimumFrames; step++) assembler.add(source.frame(65_530 + step));
  expect(assembler.message()).toEqual(message);
});

test('at 30 % loss exactly as many frames must arrive as there are symbols', () => {
  const random = makeRandom(seed);
  let shown = 0;
  let needed = 0;
  for (let round = 0; round < 60; round++) {
    const message = randomBytes(random, 2000);
    const source = encodeFrames(message, options);
    const assembler = new FrameAssembler();
    let arrived = 0;
    let index = random(10_000);
    while (assembler.message() === undefined) {
      shown++;
      if (random(10) >= 3) {
        arrived++;
        assembler.add(source.frame(index));
      }
      index++;
    }
    expect(arrived).toBe(source.minimumFrames);
    needed += source.minimumFrames;
  }
  expect(shown / needed).toBeLessThan(1.5);
});

test('any mix of loss, order, repetition, streams and damage still completes', () => {
  const stream = fc.record({
    length: fc.integer({ min: 1, max: 900 }),
    frameBytesMax: fc.integer({ min: 32, max: 120 }),
  });
  fc.assert(
    fc.property(fc.array(stream, { minLength: 1, maxLength: 4 }), fc.integer(), (streams, shuffle) => {
      const random = makeRandom(shuffle);
      const messages = streams.map(({ length }) => randomBytes(random, length));
      const sources = messages.map((message, at) =>
        encodeFrames(message, { frameBytesMax: streams[at]?.frameBytesMax ?? 60, compress: false }),
      );
      const assembler = new FrameAssembler();
      for (let step = 0; step < 4000 && assembler.completed().length < new Set(messages).size; step++) {
        const source = sources[random(sources.length)];
        const frame = source?.frame(random(3 * source.minimumFrames)) ?? new Uint8Array();
        if (random(3) === 0) frame[random(frame.length)] = random(256);
        offer(assembler, frame);
      }
      sources.forEach((source, at) => {
        expect(assembler.message(source.messageId)).toEqual(messages[at]);
      });
    }),
    { seed, numRuns: 60 },
  );
});

test('10,000 random, mutated and well-formed strange frames do no harm and a true stream among them completes', () => {
  const random = makeRandom(seed);
  const message = randomBytes(random, 3000);
  const source = encodeFrames(message, options);
  const assembler = new FrameAssembler();
  const strange = (step: number): Uint8Array => {
    const kind = step % 25 === 7 ? 2 : random(2);
    if (kind === 0) return randomBytes(random, random(80));
    const frame = source.frame(random(500));
    if (kind === 1) {
      const at = random(frame.length);
      frame[at] = (frame[at] ?? 0) ^ (1 + random(255));
      return frame;
    }
    // One that passes every check, of a message that there is not.
    const payload = randomBytes(random, 2 + 2 * random(600));
    return encodeFrame({
      messageId: randomBytes(random, 8),
      total: payload.length * (2 + random(200)),
      index: random(65_536),
      payload,
    });
  };
  const before = process.memoryUsage().arrayBuffers;
  let [refused, taken] = [0, 0];
  for (let step = 0; step < 10_000; step++) {
    if (offer(assembler, strange(step)) === undefined) refused++;
    else taken++;
    if (step % 100 === 0) assembler.add(source.frame(step));
  }
  expect([refused, taken]).toEqual([9600, 400]);
  expect(assembler.message(source.messageId)).toEqual(message);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1_048_576);
}, 60_000);

test('one well-formed false frame is found and left out, wherever it comes', () => {
  const random = makeRandom(seed);
  const message = randomBytes(random, 400);
  const source = encodeFrames(message, options);
  for (let place = 0; place < source.minimumFrames + 2; place++) {
    const assembler = new FrameAssembler();
    const kinds: string[] = [];
    for (let step = 0; assembler.message() === undefined; step++) {
      const frame = source.frame(step);
      kinds.push(assembler.add(step === place ? forge(frame) : frame).kind);
      expect(step).toBeLessThan(source.minimumFrames + 2);
    }
    expect(assembler.message()).toEqual(message);
    expect(kinds.includes('suspect')).toBe(place < source.minimumFrames);
  }
});

test('two false frames make the message start over, and the true stream completes', () => {
  const message = randomBytes(makeRandom(seed), 400);
  const source = encodeFrames(message, options);
  const assembler = new FrameAssembler();
  const kinds: string[] = [];
  for (let step = 0; assembler.message() === undefined; step++) {
    const frame = source.frame(step);
    kinds.push(assembler.add(step === 1 || step === 4 ? forge(frame) : frame).kind);
  }
  expect(kinds.filter((kind) => kind === 'dropped')).toHaveLength(1);
  expect(assembler.message()).toEqual(message);
});

test('a false static code is dropped', () => {
  const source = encodeFrames(new Uint8Array([1, 2, 3]));
  const assembler = new FrameAssembler();
  expect(assembler.add(forge(source.frame(0)))).toMatchObject({ kind: 'dropped', received: 0, needed: 1 });
  expect(assembler.add(source.frame(0)).kind).toBe('complete');
});

test('a frame that was seen already is told apart from a new one', () => {
  const source = encodeFrames(randomBytes(makeRandom(seed), 100), options);
  const assembler = new FrameAssembler();
  expect(assembler.add(source.frame(0))).toMatchObject({ kind: 'added', received: 1, needed: 3 });
  expect(assembler.add(source.frame(0))).toMatchObject({ kind: 'repeated', received: 1, needed: 3 });
  assembler.add(source.frame(5));
  expect(assembler.add(source.frame(9))).toMatchObject({ kind: 'complete', received: 3, needed: 3 });
  expect(assembler.add(source.frame(11))).toMatchObject({ kind: 'complete', received: 3, needed: 3 });
});

test('a flood of well-formed frames with other ids does not push out the message being read', () => {
  const random = makeRandom(seed);
  const message = randomBytes(random, 400);
  const source = encodeFrames(message, options);
  const assembler = new FrameAssembler();
  for (let step = 0; assembler.message() === undefined; step++) {
    assembler.add(source.frame(step));
    for (let other = 0; other < 5; other++) {
      const payload = randomBytes(random, 40);
      assembler.add(encodeFrame({ messageId: randomBytes(random, 8), total: 400, index: 1, payload }));
    }
    expect(step).toBeLessThan(source.minimumFrames);
  }
  expect(assembler.message()).toEqual(message);
});

test('unfinished and finished messages give way at their limits', () => {
  const random = makeRandom(seed);
  const sources = Array.from({ length: 3 }, () => encodeFrames(randomBytes(random, 100), options));
  const byBytes = new FrameAssembler({ heldBytesMax: 100 });
  for (const index of [0, 1]) for (const source of sources) byBytes.add(source.frame(index));
  expect(byBytes.completed()).toHaveLength(0);
  const byCount = new FrameAssembler({ messagesMax: 2 });
  for (const source of sources) for (const index of [0, 1, 2]) byCount.add(source.frame(index));
  expect(byCount.completed()).toEqual(sources.slice(1).map((source) => source.messageId));
  expect(byCount.message(sources[0]?.messageId)).toBeUndefined();
});

test('200 KB that joined late and lost a third of the frames is assembled in reasonable time', () => {
  const random = makeRandom(seed);
  const message = concatBytes(randomBytes(random, 200_000));
  const source = encodeFrames(message);
  const frames = Array.from({ length: source.minimumFrames }, (_, step) => source.frame(1000 + 3 * step));
  const assembler = new FrameAssembler();
  for (const frame of frames) assembler.add(frame);
  expect(assembler.message()).toEqual(message);
}, 5000);

// Returns the frame with another payload and a check that fits: what only an attacker makes.
function forge(bytes: Uint8Array): Uint8Array {
  const frame = decodeFrame(bytes);
  return encodeFrame({
    ...frame,
    payload: frame.payload.map((byte, at) => (at % 3 === 1 ? byte ^ 0x55 : byte)),
  });
}

function offer(assembler: FrameAssembler, frame: Uint8Array): string | undefined {
  try {
    return assembler.add(frame).kind;
  } catch (error) {
    if (error instanceof FrameError) return undefined;
    throw error;
  }
}
