/** Serves SQLite's tasks from the process that forked this one ({@link ./sqlite/session-server.ts}), loaded only for that. */
export async function serveSession(): Promise<void> {
  const server = await import('./sqlite/session-server.ts');
  server.serveSession();
}
