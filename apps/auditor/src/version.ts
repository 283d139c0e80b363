/** Version of the program, as in its package. */
export const version: string = '0.1.0';
