import { MessageError, type MessageErrorCode } from '@countersign/messages';

/** Returns the code of the MessageError that `run` throws, or null when it throws nothing. */
export function codeOf(run: () => unknown): MessageErrorCode | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof MessageError) return error.code;
    throw error;
  }
}
