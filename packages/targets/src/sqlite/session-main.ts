import { serveSession } from './session-server.ts';

serveSession();
