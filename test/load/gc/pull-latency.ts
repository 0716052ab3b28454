import { Agent, request } from 'undici';
import { makeImage, pushArtifact, type Image } from '@haven/testing/oci';
import type { OwnPlatform } from '../../harness/own-platform.ts';

/** Milliseconds. */
export interface Latency {
  p50: number;
  p95: number;
}

/** What a client asks for again and again. */
export interface PullTarget {
  paths: Readonly<Record<'manifest' | 'blob', string>>;
  token: string;
  url: string;
}

const connections = 4;
const dispatcher = new Agent({ connections });

/** Pushes a small image, and fetches the token to pull it with. */
export async function pullTarget(platform: OwnPlatform): Promise<PullTarget> {
  const image: Image = await makeImage({ seed: 'pulled', layerBytes: [60_000] });
  await pushArtifact(platform.client(), 'library/pulled', image, 'v1');
  const scope = 'repository:library/pulled:pull';
  const realm = `${platform.url}/service/token`;
  const token = await platform.client().fetchToken({ realm, service: 'harbor-registry', scope });
  const blob = image.layers[0]?.digest ?? '';
  return {
    paths: { manifest: '/v2/library/pulled/manifests/v1', blob: `/v2/library/pulled/blobs/${blob}` },
    token,
    url: platform.url,
  };
}

/** Asks for so long, each client one request after the other. */
export async function pullLatency(
  { paths, token, url }: PullTarget,
  what: 'manifest' | 'blob',
  ms: number,
): Promise<Latency> {
  const taken: number[] = [];
  const end = performance.now() + ms;
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const began = performance.now();
      const answer = await request(url + paths[what], { dispatcher, headers: { authorization: `Bearer ${token}` } });
      await answer.body.arrayBuffer();
      if (answer.statusCode !== 200) throw new Error(`${paths[what]} → ${answer.statusCode}`);
      taken.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  const sorted = taken.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? NaN;
  return { p50: at(0.5), p95: at(0.95) };
}

export const closePulls = (): Promise<void> => dispatcher.close();
