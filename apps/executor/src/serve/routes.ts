import { openApiDocument } from './openapi.ts';
import type { Mount, Route } from './route.ts';
import { actRoutes } from './routes/act-routes.ts';
import { healthRoutes } from './routes/health-routes.ts';
import { ledgerRoutes } from './routes/ledger-routes.ts';
import { lookRoutes } from './routes/look-routes.ts';
import { policyRoutes } from './routes/policy-routes.ts';
import { submitRoutes } from './routes/submit-routes.ts';
import type { Service } from './service.ts';

/** Everything that is served. */
export interface Served {
  readonly routes: readonly Route[];
  readonly mounts: readonly Mount[];
}

/** Returns everything that is served. What has a protocol of its own stands among the mounts. */
export function serveRoutes(service: Service): Served {
  const mounts: readonly Mount[] = [];
  const routes = [
    ...submitRoutes(service),
    ...lookRoutes(service),
    ...actRoutes(service),
    ...policyRoutes(service),
    ...ledgerRoutes(service),
    ...healthRoutes(service),
  ];
  return { routes: [...routes, describing({ routes, mounts })], mounts };
}

function describing(served: Served): Route {
  const text = JSON.stringify(openApiDocument(served));
  return {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document',
    access: 'open',
    answers: { 200: 'OpenAPI 3.1' },
    answerType: 'application/vnd.oai.openapi+json',
    answer: () => ({ kind: 'bytes', type: 'application/vnd.oai.openapi+json', bytes: text }),
  };
}
