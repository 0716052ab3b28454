import { compact, dateTime } from '@haven/http';
import type { Platform } from '@haven/oci';
import { additionsOf } from '../addition/addition-kind.js';
import { artifactIcon } from '../icon/built-in-icon.js';
import { presentLabel } from '../label/label.presenter.js';
import { presentTag } from '../tag/tag.presenter.js';
import { presentAccessory } from './accessory.presenter.js';
import type { ArtifactDetails, ReferenceRow } from './artifact-detail.repository.js';
import type { ArtifactRow } from './artifact.repository.js';

/** The quotes around the dotted names are part of them: so they stand in Harbor's API description and answers. */
const presentPlatform = (platform: Partial<Platform>): object =>
  compact({
    architecture: platform.architecture,
    os: platform.os,
    "'os.version'": platform['os.version'],
    "'os.features'": platform['os.features'] ?? [],
    variant: platform.variant,
  });

const presentReference = (row: ReferenceRow): object =>
  compact({
    parent_id: row.parent_id,
    child_id: row.child_id,
    child_digest: row.child_digest,
    platform: row.platform === null ? undefined : presentPlatform(row.platform),
    annotations: row.annotations,
    urls: row.urls,
  });

/** Where each of the artifact's additions is read; the slashes of the repository are escaped twice, as in every path. */
function additionLinks(row: ArtifactRow): object {
  const slash = row.repository_name.indexOf('/');
  const repository = encodeURIComponent(encodeURIComponent(row.repository_name.slice(slash + 1)));
  const path = `/api/v2.0/projects/${row.repository_name.slice(0, slash)}/repositories/${repository}/artifacts/${row.digest}`;
  return Object.fromEntries(
    additionsOf(row).map((name) => [name, { href: `${path}/additions/${name}`, absolute: false }]),
  );
}

/** Harbor's `Artifact`. Inherited accessories are left out when there are none, unlike the other lists. */
export function presentArtifact(row: ArtifactRow, details: ArtifactDetails): object {
  const inherited = details.inheritedAccessories.map(presentAccessory);
  return compact({
    id: row.id,
    type: row.type,
    media_type: row.media_type,
    manifest_media_type: row.manifest_media_type,
    artifact_type: row.artifact_type,
    project_id: row.project_id,
    repository_id: row.repository_id,
    repository_name: row.repository_name,
    digest: row.digest,
    size: row.size,
    icon: row.icon === '' ? artifactIcon(row.type) : row.icon,
    push_time: row.push_time,
    pull_time: dateTime(row.pull_time),
    extra_attrs: row.extra_attrs,
    annotations: row.annotations,
    addition_links: additionLinks(row),
    references: details.references.map(presentReference),
    tags: details.tags.map((tag) => presentTag(tag, details.isImmutable(row.repository_name, tag.name))),
    labels: details.labels.map(presentLabel),
    accessories: details.accessories.map(presentAccessory),
    inherited_accessories: inherited.length === 0 ? undefined : inherited,
  });
}
