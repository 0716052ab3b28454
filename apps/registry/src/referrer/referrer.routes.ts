import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { MediaTypes, parseDigest, referrersIndex, type Referrer } from '@haven/oci';
import { Databases } from '../database/databases.js';
import { cutPage, nextLink, readPage } from '../v2/page.js';
import { placeQuery, type Place } from '../v2/place.js';
import { repositoryRoute } from '../v2/route.js';
import { sendJson } from '../v2/v2-request.js';

const mostReferrers = 1_000;

interface ReferrersPlace extends Place {
  referrers: Referrer[];
}

/** The second value is the type wanted, or null for all. */
const findReferrers = placeQuery<ReferrersPlace>('referrers', {
  values: ['text', 'text', 'text', 'integer'],
  isLarge: true,
  columns: `(SELECT coalesce(json_agg(referrer), '[]') FROM (
       SELECT artifact.manifest_media_type AS "mediaType", artifact.digest, octet_length(manifest.payload) AS size,
              artifact.artifact_type AS "artifactType", artifact.annotations
         FROM artifact JOIN manifest ON manifest.digest = artifact.digest
        WHERE artifact.repository_id = repository.repository_id AND artifact.subject_digest = asked.value1
          AND (asked.value2 IS NULL OR artifact.artifact_type = asked.value2) AND artifact.digest > asked.value3
        ORDER BY artifact.digest LIMIT asked.value4) AS referrer) AS referrers`,
});

/** The type that a client wants, or null for all. */
function readArtifactType(query: URLSearchParams): string | null {
  const type = query.get('artifactType') ?? '';
  if (type.includes('\0')) throw Errors.badRequest('artifactType holds a NUL character');
  return type === '' ? null : type;
}

/** What refers to a manifest by its `subject` (distribution-spec "Listing Referrers"). */
@Injectable()
export class ReferrerRoutes {
  constructor(@Inject(Databases) private readonly databases: Databases) {}

  readonly routes = [
    repositoryRoute({
      id: 'referrer.list',
      kind: 'referrers',
      methods: ['GET', 'HEAD'],
      access: 'pull',
      lookup: ({ path, query }, key) => {
        const { size, last } = readPage(query, mostReferrers);
        const subject = parseDigest(path.digest);
        return findReferrers(this.databases.pull, key, subject, readArtifactType(query), last, size + 1);
      },
      handle: async ({ path, query, reply }, place) => {
        const { size } = readPage(query, mostReferrers);
        const artifactType = readArtifactType(query);
        const { items, lastOfMore } = cutPage(place.referrers, size);
        if (artifactType !== null) reply.header('oci-filters-applied', 'artifactType');
        if (lastOfMore !== undefined) {
          const next = { last: lastOfMore.digest, n: size, ...(artifactType === null ? {} : { artifactType }) };
          reply.header('link', nextLink(`/v2/${path.name}/referrers/${path.digest}`, next));
        }
        return sendJson(reply, referrersIndex(items), MediaTypes.ociIndex);
      },
    }),
  ];
}
