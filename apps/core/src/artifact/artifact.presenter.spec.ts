import type { ArtifactDetails, ReferenceRow } from './artifact-detail.repository.js';
import { presentArtifact } from './artifact.presenter.js';
import type { ArtifactRow } from './artifact.repository.js';
import { artifactIcon } from '../icon/built-in-icon.js';

const row: ArtifactRow = {
  id: 1,
  project_id: 2,
  repository_id: 3,
  repository_name: 'p/r',
  digest: 'sha256:d',
  type: 'IMAGE',
  media_type: 'm',
  manifest_media_type: 'mm',
  artifact_type: '',
  size: 0,
  icon: '',
  extra_attrs: {},
  annotations: {},
  push_time: new Date('2026-01-02T03:04:05.678Z'),
  pull_time: null,
};
const nothing: ArtifactDetails = {
  references: [],
  tags: [],
  labels: [],
  accessories: [],
  inheritedAccessories: [],
  isImmutable: () => false,
};
const accessory = {
  id: 1,
  artifact_id: 2,
  subject_artifact_id: 3,
  subject_artifact_digest: 'sha256:s',
  subject_artifact_repo: 'p/r',
  type: 'subject.accessory',
  size: 0,
  digest: 'sha256:a',
  creation_time: new Date(0),
};
const child: ReferenceRow = {
  parent_id: 1,
  child_id: 2,
  child_digest: 'sha256:c',
  platform: null,
  urls: [],
  annotations: {},
};

describe('presentArtifact', () => {
  it('leaves zero values out, but not empty lists and times', () => {
    expect(presentArtifact({ ...row, type: 'OTHER' }, nothing)).toEqual({
      id: 1,
      project_id: 2,
      repository_id: 3,
      repository_name: 'p/r',
      digest: 'sha256:d',
      type: 'OTHER',
      media_type: 'm',
      manifest_media_type: 'mm',
      icon: artifactIcon('OTHER'),
      push_time: '2026-01-02T03:04:05.678Z',
      pull_time: '0001-01-01T00:00:00.000Z',
      references: null,
      tags: null,
      labels: null,
      accessories: null,
    });
  });

  it('keeps the icon that the artifact brings', () => {
    expect(presentArtifact({ ...row, icon: 'sha256:own' }, nothing)).toMatchObject({ icon: 'sha256:own' });
  });

  it('shows inherited accessories only when there are some', () => {
    const details = { ...nothing, accessories: [accessory], inheritedAccessories: [accessory] };
    const shown = { ...accessory, size: 0, icon: '', creation_time: '1970-01-01T00:00:00.000Z' };
    expect(presentArtifact(row, details)).toMatchObject({ accessories: [shown], inherited_accessories: [shown] });
  });

  it('writes platforms the way Harbor does', () => {
    const references = [
      child,
      { ...child, platform: { os: 'windows', architecture: 'amd64', 'os.version': '10', variant: '' } },
    ];
    expect(presentArtifact(row, { ...nothing, references })).toMatchObject({
      references: [
        { parent_id: 1, child_id: 2, child_digest: 'sha256:c', urls: null },
        { platform: { os: 'windows', architecture: 'amd64', "'os.version'": '10', "'os.features'": null } },
      ],
    });
  });
});
