import { parseTime } from '@countersign/wording';

/** Returns the time that was typed, whole seconds; undefined for nothing. @throws WordingError `time/…` */
export function timeOf(input: HTMLInputElement): number | undefined {
  const text = input.value.trim();
  return text === '' ? undefined : parseTime(text);
}

/** Returns the whole number that was typed; undefined for anything else. */
export function countOf(input: HTMLInputElement): number | undefined {
  const text = input.value.trim().replaceAll(',', '');
  return /^(0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : undefined;
}
