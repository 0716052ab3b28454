import { sql } from '@haven/models';
import { ContentBuilder, digestOf } from './content-builder.js';
import { admin, type CoreApp, type TestUser } from './core-app.js';

const aTime = expect.stringMatching(/^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
const anId = expect.any(Number) as number;
const never = '0001-01-01T00:00:00.000Z';

/** Tests of one artifact: how it is shown, found and deleted. */
export function artifactCases(coreOf: () => CoreApp): void {
  let core: CoreApp;
  let content: ContentBuilder;
  let guest: TestUser;
  let developer: TestUser;
  const base = '/projects/artifacts/repositories/app/artifacts';

  beforeAll(async () => {
    core = coreOf();
    content = new ContentBuilder(core.db, await core.createProject('artifacts'), 'artifacts');
    guest = await core.createUser('artifact-guest');
    developer = await core.createUser('artifact-developer');
    await core.addMember('artifacts', guest, 3);
    await core.addMember('artifacts', developer, 2);
  });

  it('shows an image whole', async () => {
    const digest = await content.push('app', 'a whole image', {
      tag: 'v1',
      annotations: { 'org.example': 'x' },
      extraAttrs: { architecture: 'amd64', os: 'linux', config: { Cmd: ['sh'], Env: [] } },
    });
    const answer = await core.get(`${base}/v1`, guest);
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.body).toEqual({
      id: anId,
      type: 'IMAGE',
      media_type: 'application/vnd.oci.image.config.v1+json',
      manifest_media_type: 'application/vnd.oci.image.manifest.v1+json',
      artifact_type: 'application/vnd.oci.image.config.v1+json',
      project_id: anId,
      repository_id: anId,
      repository_name: 'artifacts/app',
      digest,
      size: 13,
      icon: 'sha256:0048162a053eef4d4ce3fe7518615bef084403614f8bca43b40ae2e762e11e06',
      push_time: aTime,
      pull_time: never,
      extra_attrs: { architecture: 'amd64', os: 'linux', config: { Cmd: ['sh'], Env: [] } },
      annotations: { 'org.example': 'x' },
      addition_links: {
        build_history: {
          href: `/api/v2.0${base}/${digest}/additions/build_history`,
          absolute: false,
        },
      },
      references: null,
      tags: [
        {
          id: anId,
          repository_id: anId,
          artifact_id: anId,
          name: 'v1',
          push_time: aTime,
          pull_time: never,
          immutable: false,
        },
      ],
      labels: null,
      accessories: null,
    });
    expect((await core.get(`${base}/${digest}`, guest)).body).toEqual(answer.body);
  });

  it('shows the children of an index in their order, with their platforms', async () => {
    const arm = await content.push('app', 'for arm');
    const amd = await content.push('app', 'for amd');
    await content.pushIndex(
      'app',
      'an index',
      [
        { digest: arm, platform: { architecture: 'arm64', os: 'linux', variant: 'v8', 'os.features': ['a'] } },
        { digest: amd, annotations: { a: 'b' }, urls: ['https://example.com/x'] },
      ],
      'multi',
    );
    const { body } = await core.get(`${base}/multi`, guest);
    expect((body as { references: unknown }).references).toEqual([
      {
        parent_id: anId,
        child_id: anId,
        child_digest: arm,
        platform: { architecture: 'arm64', os: 'linux', variant: 'v8', "'os.features'": ['a'] },
        urls: null,
      },
      { parent_id: anId, child_id: anId, child_digest: amd, annotations: { a: 'b' }, urls: ['https://example.com/x'] },
    ]);
    expect(body).not.toHaveProperty('extra_attrs');
  });

  it('lists the accessories of an artifact', async () => {
    const subject = await content.push('app', 'a subject', { tag: 'signed' });
    const signature = await content.pushAccessory('app', 'its signature', subject);
    const other = await content.pushAccessory('app', 'something else', subject, 'subject.accessory');
    const answer = await core.get(`${base}/signed/accessories`, guest);
    expect(answer.headers['x-total-count']).toBe('2');
    expect(answer.body).toEqual([
      {
        id: anId,
        artifact_id: anId,
        subject_artifact_id: anId,
        subject_artifact_digest: subject,
        subject_artifact_repo: 'artifacts/app',
        size: 13,
        digest: signature,
        type: 'signature.cosign',
        icon: 'sha256:20401d5b3a0f6dbc607c8d732eb08471af4ae6b19811a4efce8c6a724aed2882',
        creation_time: aTime,
      },
      expect.objectContaining({ digest: other, type: 'subject.accessory', icon: '' }),
    ]);
    const filtered = await core.get(`${base}/signed/accessories?q=type%3Dsubject.accessory`, guest);
    expect(filtered.body).toEqual([expect.objectContaining({ digest: other })]);
    expect((await core.get(`${base}/${signature}/accessories`, guest)).body).toEqual([]);
    expect((await core.get(`${base}/missing/accessories`, guest)).status).toBe(404);
  });

  it('does not find what is not there', async () => {
    const unknown = digestOf('never pushed');
    for (const reference of ['missing', unknown, 'sha256:short', 'no%20tag', 'a'.repeat(200)]) {
      const answer = await core.get(`${base}/${reference}`, guest);
      expect([reference, answer.status]).toEqual([reference, 404]);
    }
    expect((await core.get(`${base}/missing`, guest)).body).toMatchObject({
      errors: [{ code: 'NOT_FOUND', message: 'artifact artifacts/app:missing not found' }],
    });
    expect((await core.get(`/projects/artifacts/repositories/none/artifacts/v1`, guest)).status).toBe(404);
    expect((await core.delete(`${base}/missing`, admin)).status).toBe(404);
  });

  it('deletes an artifact with its tags and accessories, and says who did it', async () => {
    const digest = await content.push('app', 'to be deleted', { tag: 'old' });
    await content.push('app', 'to be deleted', { tag: 'older' });
    const signature = await content.pushAccessory('app', 'signature of the deleted', digest);
    expect((await core.delete(`${base}/old`, developer)).status).toBe(403);
    expect((await core.delete(`${base}/old`)).status).toBe(401);
    expect(await core.delete(`${base}/old`, admin)).toMatchObject({ status: 200, body: undefined });
    for (const reference of ['old', 'older', digest, signature]) {
      expect((await core.get(`${base}/${reference}`, admin)).status).toBe(404);
    }
    const audit = await core.db.one<{ username: string; source_ip: string }>(
      sql('SELECT username, source_ip FROM audit_log_ext WHERE resource = $1', `artifacts/app@${digest}`),
    );
    expect(audit).toEqual({ username: 'admin', source_ip: '127.0.0.1' });
  });

  it('keeps what an index refers to', async () => {
    const child = await content.push('app', 'a needed child', { tag: 'needed' });
    const index = await content.pushIndex('app', 'a needing index', [{ digest: child }], 'needing');
    const refused = await core.delete(`${base}/needed`, admin);
    expect(refused).toMatchObject({ status: 412 });
    expect((await core.delete(`${base}/${index}`, admin)).status).toBe(200);
    expect((await core.delete(`${base}/needed`, admin)).status).toBe(200);
  });

  it('keeps an accessory that an index refers to when its subject goes', async () => {
    const subject = await content.push('app', 'a passing subject');
    const accessory = await content.pushAccessory('app', 'a collected accessory', subject, 'subject.accessory');
    await content.pushIndex('app', 'a collection', [{ digest: accessory }], 'collection');
    expect((await core.delete(`${base}/${subject}`, admin)).status).toBe(200);
    expect((await core.get(`${base}/${accessory}`, admin)).status).toBe(200);
  });
}
