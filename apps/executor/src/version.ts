/** The version all three programs say. */
export const executorVersion = '0.1.0';
