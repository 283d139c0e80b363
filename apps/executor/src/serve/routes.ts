import { openApiDocument } from './openapi.ts';
import type { Route } from './route.ts';
import { actRoutes } from './routes/act-routes.ts';
import { healthRoutes } from './routes/health-routes.ts';
import { ledgerRoutes } from './routes/ledger-routes.ts';
import { lookRoutes } from './routes/look-routes.ts';
import { mcpRoutes } from './routes/mcp-routes.ts';
import { policyRoutes } from './routes/policy-routes.ts';
import { submitRoutes } from './routes/submit-routes.ts';
import type { Service } from './service.ts';

/** Returns everything that is served. */
export function serveRoutes(service: Service): readonly Route[] {
  const routes = [
    ...submitRoutes(service),
    ...lookRoutes(service),
    ...actRoutes(service),
    ...policyRoutes(service),
    ...ledgerRoutes(service),
    ...mcpRoutes(service),
    ...healthRoutes(service),
  ];
  return [...routes, describing(routes)];
}

function describing(routes: readonly Route[]): Route {
  const text = JSON.stringify(openApiDocument(routes));
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
