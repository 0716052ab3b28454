import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Errors } from '@haven/errors';
import { openRoute, type RouteDescription } from '@haven/http';
import type { FastifyInstance } from 'fastify';
import { parse } from 'yaml';
import { describeApi } from './api-description.js';

const contractFile = new URL('../../api/harbor-v2.0.yaml', import.meta.url);
const assetFolder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const assets: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Haven API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/devcenter-api-2.0/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/devcenter-api-2.0/swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({
  url: '/api/v2.0/swagger.json',
  dom_id: '#api',
  deepLinking: true,
  docExpansion: 'none',
  filter: true,
});
</script>
</body>
</html>
`;

/**
 * Serves the API description and a page to read it with. Both are made when first asked for.
 * @param routes given when all routes are known
 */
export function installApiDescription(fastify: FastifyInstance, routes: () => readonly RouteDescription[]): void {
  let description: Promise<string> | null = null;
  const describe = async (): Promise<string> => {
    const contract = parse(await readFile(contractFile, 'utf8')) as Record<string, unknown>;
    return JSON.stringify(describeApi(contract, routes()));
  };
  fastify.get('/api/v2.0/swagger.json', openRoute('getApiDescription'), async (_request, reply) => {
    description ??= describe();
    return reply.type('application/json').send(await description);
  });
  fastify.get('/devcenter-api-2.0', openRoute('getApiPage'), (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(page),
  );
  fastify.get<{ Params: { asset: string } }>(
    '/devcenter-api-2.0/:asset',
    openRoute('getApiPageAsset'),
    async (request, reply) => {
      const { asset } = request.params;
      const type = Object.hasOwn(assets, asset) ? assets[asset] : undefined;
      if (type === undefined) throw Errors.notFound();
      const bytes = await readFile(join(assetFolder, asset));
      return reply.type(type).header('cache-control', 'public, max-age=86400').send(bytes);
    },
  );
}
