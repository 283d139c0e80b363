import { formatTime, jsonOf, type OutputStream } from '@countersign/program';

export type LogLevel = 'info' | 'warning' | 'error';

/** Writes one JSON object a line. What a stranger sent is never among the fields: no path, no header, no SQL. */
export type Log = (level: LogLevel, event: string, fields?: object) => void;

/** Returns a log on `stream`; `now` is in milliseconds since 1970. */
export function jsonLog(stream: OutputStream, now: () => number): Log {
  return (level, event, fields = {}) => {
    const time = formatTime(Math.floor(now() / 1000));
    stream.write(`${JSON.stringify(jsonOf({ time, level, event, ...fields }))}\n`);
  };
}
