import { ProgramError } from './program-error.ts';

/**
 * Returns everything standard input holds, what a file name of `-` means.
 *
 * @throws ProgramError `input/too-large`, `input/failed`
 */
export async function readStandardInput(
  stdin: NodeJS.ReadableStream,
  limits: { readonly bytesMax: number },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stdin) {
      const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : new Uint8Array(chunk);
      length += bytes.length;
      if (length > limits.bytesMax)
        throw new ProgramError('input/too-large', `standard input holds more than ${limits.bytesMax} bytes`);
      chunks.push(bytes);
    }
  } catch (thrown) {
    if (thrown instanceof ProgramError) throw thrown;
    throw new ProgramError('input/failed', 'standard input cannot be read', { cause: thrown });
  }
  return new Uint8Array(Buffer.concat(chunks));
}
