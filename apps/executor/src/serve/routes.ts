import type { Mount, Route } from './route.ts';
import { healthRoutes } from './routes/health-routes.ts';
import type { Service } from './service.ts';

/** Everything that is served. What has a protocol of its own stands among the mounts. */
export function serveRoutes(service: Service): {
  readonly routes: readonly Route[];
  readonly mounts: readonly Mount[];
} {
  return { routes: [...healthRoutes(service)], mounts: [] };
}
