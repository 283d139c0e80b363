import { failureOf, jsonOf, type Json, type JsonObject } from '@countersign/program';
import { harmless } from '@countersign/wording';
import { dataNotice } from './guidance.ts';

/** What a tool answers: `code`, `message` and `next` are ours alone, everything of others stands under `data`. */
export interface Answer {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly timedOut?: boolean;
  readonly data?: object;
}

/** Returns an answer as structured content, every string in `data` made harmless. */
export function answerDocument({ data, ...own }: Answer): JsonObject {
  const document = jsonOf(own) as JsonObject;
  return data === undefined ? document : { ...document, notice: dataNotice, data: shown(jsonOf(data)) };
}

/** Returns the answer for anything thrown; its words may quote a database or a person, so they stand under `data`. */
export function refusalDocument(thrown: unknown): JsonObject {
  const { code, message, hint } = failureOf(thrown);
  return answerDocument({
    code,
    message: 'the call was refused; data.error says why',
    next: 'Read data.error, mend what it names and call again, or tell the person you work for.',
    data: { error: message, hint },
  });
}

/** Different texts stay different; line feeds and tabs stay. */
function shown(json: Json): Json {
  if (typeof json === 'string')
    return json
      .split(/([\n\t])/)
      .map(shownPiece)
      .join('');
  if (Array.isArray(json)) return json.map(shown);
  if (json !== null && typeof json === 'object') {
    return Object.fromEntries(
      Object.entries(json).map(([name, member]) => [shownPiece(name), shown(member)]),
    );
  }
  return json;
}

function shownPiece(text: string): string {
  return text === '\n' || text === '\t' ? text : harmless(text);
}
