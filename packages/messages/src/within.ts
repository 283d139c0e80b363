import { CodecError } from '@countersign/codec';
import { MerkleError } from '@countersign/merkle';
import { MessageError, type MessageErrorCode } from './message-error.ts';

/**
 * Returns `read()`; what the rooms below or a record's own rules throw becomes a MessageError of `code` with the cause.
 */
export function within<T>(code: MessageErrorCode, message: string, read: () => T, index?: number): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof CodecError || cause instanceof MerkleError || cause instanceof MessageError) {
      throw new MessageError(code, message, index === undefined ? { cause } : { cause, index });
    }
    throw cause;
  }
}
