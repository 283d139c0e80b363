/** Answers each text it is sent with what the engine shows of it: `{changed, error}`. The first message is the fixture. */
import { observe } from './engine.ts';

let fixture: readonly string[] | undefined;

process.on('message', (message: readonly string[] | string) => {
  if (typeof message !== 'string') {
    fixture = message;
    return;
  }
  if (fixture === undefined) throw new Error('no fixture');
  const { changed, error } = observe(fixture, message);
  process.send?.({ changed, error });
});
