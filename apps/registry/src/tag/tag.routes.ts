import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { Databases } from '../database/databases.js';
import { cutPage, nextLink, readPage } from '../v2/page.js';
import { placeQuery, type Place } from '../v2/place.js';
import { repositoryRoute } from '../v2/route.js';
import { sendJson } from '../v2/v2-request.js';

const mostTags = 10_000;

interface TagsPlace extends Place {
  listed: boolean | null;
  tags: string[];
}

/** The columns have the bytewise collation: the order that clients page by. */
const findTags = placeQuery<TagsPlace>('tags', {
  values: ['text', 'integer'],
  isLarge: true,
  columns: `repository.listed, ARRAY(SELECT tag.name FROM tag
             WHERE tag.repository_id = repository.repository_id AND tag.name > asked.value1 ORDER BY tag.name LIMIT asked.value2) AS tags`,
});

/** Tags of a repository (distribution-spec "Listing Tags"). */
@Injectable()
export class TagRoutes {
  constructor(@Inject(Databases) private readonly databases: Databases) {}

  readonly routes = [
    repositoryRoute({
      id: 'tag.list',
      kind: 'tags',
      methods: ['GET', 'HEAD'],
      access: 'pull',
      lookup: ({ query }, key) => {
        const { size, last } = readPage(query, mostTags);
        return findTags(this.databases.pull, key, last, size + 1);
      },
      handle: async ({ path: { name }, query, reply }, place) => {
        if (place.listed !== true) throw Errors.nameUnknown(undefined, { detail: { name } });
        const { size } = readPage(query, mostTags);
        const { items, lastOfMore } = cutPage(place.tags, size);
        if (lastOfMore !== undefined) {
          reply.header('link', nextLink(`/v2/${name}/tags/list`, { last: lastOfMore, n: size }));
        }
        return sendJson(reply, { name, tags: items });
      },
    }),
  ];
}
