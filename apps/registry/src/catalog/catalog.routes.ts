import { Inject, Injectable } from '@nestjs/common';
import { PLATFORM_HEADER, readPlatformId, statement } from '@haven/models';
import { Databases } from '../database/databases.js';
import { cutPage, nextLink, readPage } from '../v2/page.js';
import type { RegistryRoute } from '../v2/route.js';
import { sendJson } from '../v2/v2-request.js';

const mostRepositories = 10_000;

const list = statement(
  'catalog_list',
  `SELECT name FROM repository
    WHERE listed AND name > $1 AND EXISTS (SELECT 1 FROM artifact WHERE artifact.repository_id = repository.repository_id)
    ORDER BY name LIMIT $2`,
);

/** What concerns the registry as a whole: its version check and its catalog (distribution's API). */
@Injectable()
export class CatalogRoutes {
  private platformId: string | null = null;

  constructor(@Inject(Databases) private readonly databases: Databases) {}

  readonly routes: RegistryRoute[] = [
    {
      id: 'base.check',
      kind: 'base',
      methods: ['GET', 'HEAD'],
      access: 'login',
      handle: async ({ reply }) => {
        this.platformId ??= await readPlatformId(this.databases.pull);
        return sendJson(reply.header(PLATFORM_HEADER, this.platformId), {});
      },
    },
    {
      id: 'catalog.list',
      kind: 'catalog',
      methods: ['GET', 'HEAD'],
      access: 'catalog',
      handle: async ({ query, reply }) => {
        const { size, last } = readPage(query, mostRepositories);
        const rows = await this.databases.pull.rows<{ name: string }>(list(last, size + 1));
        const { items, lastOfMore } = cutPage(rows, size);
        if (lastOfMore !== undefined)
          reply.header('link', nextLink('/v2/_catalog', { last: lastOfMore.name, n: size }));
        return sendJson(reply, { repositories: items.map(({ name }) => name) });
      },
    },
  ];
}
