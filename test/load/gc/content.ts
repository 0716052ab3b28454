import { makeImage, pullWhole, pushArtifact, type Image, type RegistryClient } from '@haven/testing/oci';
import { eachOf } from '../speed/client.ts';

const workers = 8;

/** Images with layers of their own. */
export const imagesOf = (seed: string, count: number): Promise<Image[]> =>
  Promise.all(
    Array.from({ length: count }, (_, n) =>
      makeImage({ seed: `${seed}-${n}`, layerBytes: [16_384, 16_384, 16_384, 16_384], gzip: false }),
    ),
  );

export const pushAll = (client: RegistryClient, repository: string, images: readonly Image[]): Promise<void> =>
  eachOf(images, workers, (image) => pushArtifact(client, repository, image, tagOf(image)));

export const deleteAll = (client: RegistryClient, repository: string, images: readonly Image[]): Promise<void> =>
  eachOf(images, workers, async ({ manifest }) => {
    (await client.request('DELETE', `/v2/${repository}/manifests/${manifest.digest}`)).expect(202);
  });

/** What became of pushes while garbage was collected. */
export interface PushedMeanwhile {
  /** Acknowledged and whole afterwards. */
  whole: number;
  /** Acknowledged, and cannot be pulled. */
  broken: number;
  refused: number;
}

/** Pushes one image after the other for as long as `collecting` takes, then pulls what was acknowledged. */
export async function pushMeanwhile(
  client: RegistryClient,
  repository: string,
  images: readonly Image[],
  collecting: Promise<unknown>,
): Promise<PushedMeanwhile> {
  let isOver = false;
  void collecting.finally(() => {
    isOver = true;
  });
  const acknowledged: Image[] = [];
  let refused = 0;
  await eachOf(images, workers, async (image) => {
    if (isOver) return;
    await pushArtifact(client, repository, image, tagOf(image)).then(
      () => acknowledged.push(image),
      () => (refused += 1),
    );
  });
  await collecting;
  let broken = 0;
  await eachOf(acknowledged, workers, async (image) => {
    await pullWhole(client, repository, tagOf(image)).catch(() => (broken += 1));
  });
  return { whole: acknowledged.length - broken, broken, refused };
}

const tagOf = ({ manifest }: Image): string => manifest.digest.slice(7, 27);
