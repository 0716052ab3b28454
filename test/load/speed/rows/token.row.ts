import { randomBytes, scrypt, sign, generateKeyPairSync } from 'node:crypto';
import { promisify } from 'node:util';
import { makeImage, pushArtifact, basic, RegistryClient } from '@haven/testing/oci';
import { BenchClient, secondsOf } from '../client.ts';
import { requestRate } from '../get-load.ts';
import type { Case } from '../measurement.ts';
import { admin } from '../platform.subject.ts';
import type { Field, Row } from '../row.ts';

const repository = 'bench-login/app';
const tag = 'v1';
const connections = 32;
const tokenPath = `/service/token?service=harbor-registry&scope=repository:${repository}:pull`;
const manifestPath = `/v2/${repository}/manifests/${tag}`;
const parts = 100;
const derive = promisify(scrypt) as (password: string, salt: Buffer, bytes: number, cost: object) => Promise<Buffer>;

/** Tokens and log-ins: for names and passwords that were just seen, for new ones, and what they are made of. */
export const tokenRow: Row = {
  id: 'token',
  prepare: async ({ haven, sizes: { seconds } }: Field) => {
    await haven.prepare(repository);
    await haven.publish('bench-login');
    await pushArtifact(new RegistryClient(haven.url, admin), repository, await makeImage({ seed: 'log-in' }), tag);
    const known = { authorization: basic(admin.username, admin.password) };
    const client = new BenchClient(haven, connections);

    const warm = (title: string, path: string): Case => {
      const load = { url: haven.url, paths: [path], headers: known, connections, seconds, bodyBytes: 1 };
      return {
        title: `${title}, seen before, ${connections} connections`,
        unit: 'requests/s',
        contenders: [{ name: haven.name, subject: haven, measure: () => requestRate(load) }],
        goals: [],
      };
    };
    const cold = (title: string, path: string): Case => ({
      title: `${title}, new to the process, ${connections} connections`,
      unit: 'requests/s',
      contenders: [
        {
          name: haven.name,
          subject: haven,
          measure: async () => {
            const names = Array.from({ length: connections }, () => `user-${randomBytes(5).toString('hex')}`);
            const logins = await Promise.all(names.map((name) => haven.newLogin(name)));
            const ask = async (authorization: string): Promise<void> => {
              (await client.request('GET', path, { headers: { authorization } })).expect(200);
            };
            return connections / (await secondsOf(() => Promise.all(logins.map(ask))));
          },
        },
      ],
      goals: [],
    });
    return {
      cases: [
        warm('token', tokenPath),
        cold('token', tokenPath),
        warm('manifest with name and password', manifestPath),
        cold('manifest with name and password', manifestPath),
        partsCase(),
      ],
      cleanUp: () => client.close(),
    };
  },
};

/** What a token costs at the least, on one core of this machine. */
function partsCase(): Case {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const each = async (work: () => unknown): Promise<number> => {
    const seconds = await secondsOf(async () => {
      for (let turn = 0; turn < parts; turn += 1) await work();
    });
    return (seconds / parts) * 1_000;
  };
  const claims = randomBytes(600);
  return {
    title: 'parts of that, one at a time',
    unit: 'ms',
    contenders: [
      {
        name: 'password (scrypt)',
        measure: () => each(() => derive('password', claims.subarray(0, 16), 32, { N: 16_384, r: 8, p: 1 })),
      },
      { name: 'signature (RS256)', measure: () => each(() => sign('sha256', claims, privateKey)) },
    ],
    goals: [],
  };
}
