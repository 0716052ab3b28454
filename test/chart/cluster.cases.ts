import { X509Certificate } from 'node:crypto';
import { Cluster } from './cluster.ts';
import { namespace, parseManifests, release, render, type Values } from './helm.ts';
import { idOf, ofKind, secretData, workloadsOf, type Manifest } from './manifest.ts';

interface Counted {
  metadata: { name: string; generation: number };
}

const startMs = 1_900_000;
const manyMs = 600_000;
const secretPath = `/api/v1/namespaces/${namespace}/secrets/${release}`;

/** What only Kubernetes' own API server can tell. */
export function defineClusterTests(rendered: ReadonlyMap<string, readonly Manifest[]>): void {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  }, startMs);
  afterAll(() => cluster.stop(), 60_000);

  it(
    'is taken by Kubernetes in every set-up, without a warning, under the restricted pod security standard',
    async () => {
      const faults: Record<string, string> = {};
      const seen = new Set<string>();
      for (const [name, manifests] of rendered) {
        for (const manifest of manifests.filter(isNew(seen))) {
          for (const fault of await cluster.faults(manifest)) faults[`${idOf(manifest)}: ${fault}`] ??= name;
        }
      }
      expect(faults).toEqual({});
      expect(seen.size).toBeGreaterThan(rendered.size);
    },
    manyMs,
  );

  it('would notice what Kubernetes does not take', async () => {
    const manifests = await render({});
    const [core] = ofKind(manifests, 'Deployment');
    const misspelt = { ...core!, spec: { ...core!.spec, replica: 1 } };
    expect(await cluster.faults(misspelt)).toEqual([expect.stringContaining('unknown field "spec.replica"')]);
    const changed = structuredClone(core!);
    workloadsOf([changed])[0]!.pod.containers[0]!.securityContext = {};
    expect(await cluster.faults(changed)).toEqual([expect.stringContaining('would violate PodSecurity')]);
  });

  describe('installed', () => {
    const values: Values = { expose: { type: 'nodePort' }, externalURL: 'https://hub.example.com' };
    const made = async (): Promise<Record<string, Record<string, string>>> => {
      const names = [release, `${release}-tls`, `${release}-redis`];
      return Object.fromEntries(
        await Promise.all(names.map(async (name) => [name, secretData(await cluster.secret(name))] as const)),
      );
    };
    /** Kubernetes counts the changes of each. */
    const generations = async (): Promise<unknown> => {
      const { items } = await cluster.get(`/apis/apps/v1/namespaces/${namespace}/deployments`);
      return (items as Counted[]).map(({ metadata: { name, generation } }) => ({ name, generation }));
    };
    let notes: string;
    beforeAll(async () => {
      notes = await cluster.install(values);
    });

    it('has secrets of its own that nobody can guess', async () => {
      const own = (await made())[release]!;
      expect(own['secret-key']).toMatch(/^[0-9a-f]{64}$/);
      expect(own['admin-password']).toMatch(/^\w{20}$/);
      expect(own['redis-url']).toBe(`redis://:${own['redis-password']!}@${release}-redis:6379/0`);
      expect(new Set(Object.values(own)).size).toBe(Object.keys(own).length);
    });

    it('says where it answers and how to get the password', () => {
      expect(notes).toContain('https://hub.example.com');
      expect(notes).toContain(`get secret ${release} -o jsonpath='{.data.admin-password}'`);
    });

    it('keeps secrets and certificate, and restarts nothing, in an upgrade that changes nothing', async () => {
      const [secrets, before] = [await made(), await generations()];
      await cluster.upgrade(values);
      expect(await made()).toEqual(secrets);
      expect(await generations()).toEqual(before);
    });

    it('gives the job that migrates before an upgrade the secrets that are there', async () => {
      const shown = await cluster.helm(['get', 'hooks', release]);
      expect(parseManifests(shown).map(({ kind }) => kind)).toContain('Job');
      const secret = parseManifests(shown).find(({ kind }) => kind === 'Secret')!;
      const own = (await made())[release]!;
      const keys = ['admin-password', 'database-password', 'secret-key'] as const;
      expect(secretData(secret)).toEqual(Object.fromEntries(keys.map((key) => [key, own[key]])));
      for (const manifest of parseManifests(shown)) expect(await cluster.faults(manifest)).toEqual([]);
    });

    it('makes a certificate for a new address, and keeps everything else', async () => {
      const before = await made();
      await cluster.upgrade({ ...values, externalURL: 'https://other.example.com' });
      const after = await made();
      expect(after[release]).toEqual(before[release]);
      const certificate = new X509Certificate(after[`${release}-tls`]!['tls.crt']!);
      expect(certificate.checkHost('other.example.com')).toBe('other.example.com');
      expect(certificate.verify(new X509Certificate(after[`${release}-tls`]!['ca.crt']!).publicKey)).toBe(true);
      await cluster.upgrade({ ...values, externalURL: 'https://other.example.com' });
      expect(await made()).toEqual(after);
    });

    it('does not let the key be changed that stored credentials are encrypted with', async () => {
      await expect(cluster.upgrade({ ...values, secretKey: 'ab'.repeat(32) })).rejects.toThrow('cannot be changed');
    });

    it('comes back with its secrets and volumes after it was uninstalled', async () => {
      const before = await made();
      await cluster.uninstall();
      await cluster.install({ ...values, externalURL: 'https://other.example.com' });
      expect(await made()).toEqual(before);
    });

    it('goes to a database outside and comes back with the password that the one inside has', async () => {
      const inside = (await made())[release]!['database-password'];
      const outside = { type: 'external', external: { host: 'pg.example.com', password: 'its own' } };
      await cluster.upgrade({ ...values, database: outside });
      expect((await made())[release]).toMatchObject({ 'external-database-password': 'its own' });
      await cluster.upgrade(values);
      expect((await made())[release]!['database-password']).toBe(inside);
    });

    it('refuses an upgrade when its secrets are gone, rather than making others', async () => {
      await cluster.upgrade({ ...values, existingSecretSecretKey: 'key-secret' });
      await expect(cluster.upgrade(values)).rejects.toThrow('secret-key of this release cannot be read');
      await cluster.delete(secretPath);
      await expect(cluster.upgrade(values)).rejects.toThrow(`cannot be read from the Secret ${release}`);
    });
  });
}

const isNew =
  (seen: Set<string>) =>
  (manifest: Manifest): boolean => {
    const text = JSON.stringify(manifest);
    return !seen.has(text) && seen.add(text).size > 0;
  };
