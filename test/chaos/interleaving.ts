import { setTimeout as delay } from 'node:timers/promises';
import {
  basic,
  makeImage,
  makeIndex,
  makeLayer,
  makeReferrer,
  pushArtifact,
  putManifest,
  RegistryClient,
  send,
  type Answer,
  type Artifact,
  type BearerChallenge,
  type UploadManner,
} from '@haven/testing/oci';
import { eventually } from '../harness/eventually.ts';
import type { OwnPlatform } from '../harness/own-platform.ts';
import { DeletionWatch } from './deletion-watch.ts';
import type { Random } from './random.ts';
import type { Replica } from './replica.ts';

/** What the clients of an interleaving push, and where to. The first project has a trash, the second has none. */
export interface Field {
  repositories: readonly string[];
  artifacts: readonly Artifact[];
}

export const projects = ['chaos-trash', 'chaos-none'];
const tagCount = 5;

export async function makeField(platform: OwnPlatform): Promise<Field> {
  for (const name of projects) await platform.newProject(name);
  await platform.withDatabase((database) =>
    database.query(
      `INSERT INTO project_metadata (project_id, name, value) SELECT project_id, 'trash_days', '0' FROM project WHERE name = $1`,
      [projects[1]],
    ),
  );
  const shared = await Promise.all(
    Array.from({ length: 3 }, (_, n) => makeLayer({ seed: `interleaved-${n}`, fileBytes: 9_000 + n * 5_000 })),
  );
  const image = (seed: string, n: number) =>
    makeImage({ seed, baseLayers: [shared[n % 3]!], layerBytes: [200 + n, 3_000 + n] });
  const images = await Promise.all(Array.from({ length: 10 }, (_, n) => image(`interleaved-${n}`, n)));
  const parts = await Promise.all(Array.from({ length: 2 }, (_, n) => image(`interleaved-part-${n}`, n)));
  const signature = makeReferrer({
    subject: images[0]!.manifest,
    artifactType: 'application/vnd.example.signature',
    payload: Buffer.from('interleaved signature'),
  });
  return {
    repositories: ['a', 'b', 'c'].flatMap((name) => projects.map((project) => `${project}/${name}`)),
    artifacts: [...images, makeIndex(parts), signature],
  };
}

type Step = () => Promise<void>;

/** A client of one process, which has its tokens of the platform as a whole. */
class DirectClient extends RegistryClient {
  constructor(
    replica: Replica,
    private readonly platform: OwnPlatform,
  ) {
    super(replica.url, platform.admin);
  }

  override fetchToken(challenge: BearerChallenge): Promise<string> {
    return super.fetchToken({ ...challenge, realm: `${this.platform.url}/service/token` });
  }
}

/** Clients that push, copy, tag, delete, restore and have garbage collected, through processes that die under their hands. */
export class Interleaving {
  readonly counts = { steps: 0, done: 0, cutShort: 0, refused: new Map<number, number>() };
  private readonly watch = new DeletionWatch();
  private readonly clients: readonly RegistryClient[];
  private readonly steps: readonly Step[];

  constructor(
    private readonly platform: OwnPlatform,
    registries: readonly Replica[],
    private readonly core: Replica,
    private readonly field: Field,
    private readonly random: Random,
  ) {
    this.clients = registries.map((replica) => new DirectClient(replica, platform));
    this.steps = [
      ...Array<Step>(6).fill(() => this.push()),
      ...Array<Step>(4).fill(() => this.remove()),
      ...Array<Step>(2).fill(() => this.tag()),
      ...Array<Step>(2).fill(() => this.restore()),
      ...Array<Step>(2).fill(() => this.collect()),
      () => this.abandon(),
      () => this.removeRepository(),
      () => this.restoreRepository(),
    ];
  }

  /** What was acknowledged, and has not been deleted since. */
  get certain(): DeletionWatch['certain'] {
    return this.watch.certain;
  }

  /** Takes steps until so many are done by all clients. */
  async run(clients: number, steps: number): Promise<void> {
    const end = this.counts.steps + steps;
    await Promise.all(
      Array.from({ length: clients }, async () => {
        while (this.counts.steps < end) await this.step();
      }),
    );
  }

  private async step(): Promise<void> {
    this.counts.steps += 1;
    try {
      await this.pick(this.steps)();
      this.counts.done += 1;
    } catch (error) {
      const status = statusOf(error);
      if (status === 'away') {
        // Nothing was asked of anybody. Whoever died needs a moment to come back.
        this.counts.steps -= 1;
        await delay(100);
      } else if (status === 'cut short') {
        this.counts.cutShort += 1;
      } else {
        this.counts.refused.set(status, (this.counts.refused.get(status) ?? 0) + 1);
      }
    }
  }

  private async push(): Promise<void> {
    const [repository, artifact] = [this.pick(this.field.repositories), this.pick(this.field.artifacts)];
    const manner: UploadManner = this.pick([
      { kind: 'monolithic' },
      { kind: 'streamed' },
      { kind: 'chunked', chunkBytes: 2_000 },
      { kind: 'mount', from: this.pick(this.field.repositories) },
    ]);
    const reference = this.random.between(0, 5) === 0 ? undefined : this.tagName();
    await this.watch.adding(repository, async () => {
      await pushArtifact(this.client(), repository, artifact, reference, { upload: manner });
      return [artifact.manifest.digest];
    });
  }

  /** Puts a manifest again, whose blobs may be gone by then. */
  private async tag(): Promise<void> {
    const [repository, artifact] = [this.pick(this.field.repositories), this.pick(this.field.artifacts)];
    await this.watch.adding(repository, async () => {
      await putManifest(this.client(), repository, artifact.manifest, this.tagName());
      return [artifact.manifest.digest];
    });
  }

  private async abandon(): Promise<void> {
    const path = `/v2/${this.pick(this.field.repositories)}/blobs/uploads/`;
    (await this.client().request('POST', path)).expect(202);
  }

  private async remove(): Promise<void> {
    const [repository, { manifest }] = [this.pick(this.field.repositories), this.pick(this.field.artifacts)];
    // A signature goes with what it signs.
    const digests = this.field.artifacts
      .filter((one) => one.manifest === manifest || one.manifest.bytes.includes(manifest.digest))
      .map((one) => one.manifest.digest);
    await this.watch.removing({ repository, digests }, async () => {
      if (this.random.between(0, 1) === 0) {
        (await this.client().request('DELETE', `/v2/${repository}/manifests/${manifest.digest}`)).expect(202);
        return;
      }
      (await this.api('DELETE', `${pathOf(repository)}/artifacts/${manifest.digest}`)).expect(200);
    });
  }

  private async removeRepository(): Promise<void> {
    const repository = this.pick(this.field.repositories);
    await this.watch.removing({ repository, digests: null }, async () => {
      (await this.api('DELETE', pathOf(repository))).expect(200);
    });
  }

  private async restore(): Promise<void> {
    const trash = `/projects/${projects[0]}/trash`;
    const listed = (await this.api('GET', `${trash}?page_size=20`)).expect(200).json() as TrashedArtifact[];
    if (listed.length === 0) return;
    const { id, repository_name: repository } = this.pick(listed);
    await this.watch.adding(repository, async () => {
      const restored = (await this.api('POST', `${trash}/${id}/restore`)).expect(200).json();
      return (restored as { digests: string[] }).digests;
    });
  }

  private async restoreRepository(): Promise<void> {
    const repository = this.pick(this.field.repositories);
    const [project = '', name = ''] = repository.split('/');
    await this.watch.adding(repository, async () => {
      const path = `/projects/${project}/trash/repositories/${name}/restore`;
      const restored = (await this.api('POST', path)).expect(200).json();
      return (restored as { digests: { first: string[] } }).digests.first;
    });
  }

  private async collect(): Promise<void> {
    const parameters = { empty_trash: this.random.between(0, 2) === 0, delete_untagged: false };
    (await this.api('POST', '/system/gc/schedule', { schedule: { type: 'Manual' }, parameters })).expect(201);
    // What somebody claimed who died since is free after a minute; here, at once.
    await this.platform.withDatabase((database) =>
      database.query(
        `UPDATE blob_review SET claimed_until = NULL
          WHERE digest IN (SELECT digest FROM blob_review WHERE claimed_until IS NOT NULL FOR UPDATE SKIP LOCKED)`,
      ),
    );
  }

  /** Of a registry that may be dead before the next request. */
  private client(): RegistryClient {
    return this.pick(this.clients);
  }

  private api(method: string, path: string, body?: unknown): Promise<Answer> {
    const { username, password } = this.platform.admin;
    const headers = { authorization: basic(username, password), 'content-type': 'application/json' };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return send(method, `${this.core.url}/api/v2.0${path}`, { headers, ...sent });
  }

  private tagName(): string {
    return `t${this.random.between(1, tagCount)}`;
  }

  private pick<T>(all: readonly T[]): T {
    return all[this.random.between(0, all.length - 1)] as T;
  }
}

interface TrashedArtifact {
  id: number;
  repository_name: string;
}

const pathOf = (repository: string): string => {
  const [project = '', name = ''] = repository.split('/');
  return `/projects/${project}/repositories/${name}`;
};

/** The status of a refusal, which a client may meet with, or what became of the process. Anything else is a fault: throws it. */
function statusOf(error: unknown): number | 'away' | 'cut short' {
  const cause = Error.isError(error) && Error.isError(error.cause) ? error.cause.message : '';
  const text = `${Error.isError(error) ? error.message : String(error)} ${cause}`;
  if (text.includes('ECONNREFUSED')) return 'away';
  if (/ECONNRESET|EPIPE|socket|closed|terminated|aborted/i.test(text)) return 'cut short';
  const status = Number(/→ (\d{3})/.exec(text)?.[1]);
  if ([400, 404, 409, 412, 416, 429, 502, 503, 504].includes(status)) return status;
  throw error;
}

/** Waits until a replica that was started anew answers. */
export const isUp = (replica: Replica): Promise<boolean> =>
  eventually(`${replica.url} answers`, async () => {
    if (replica.failure !== null) throw new Error(replica.failure);
    return send('GET', `${replica.url}/readyz`).then(
      ({ status }) => (status === 200 ? true : undefined),
      () => undefined,
    );
  });
