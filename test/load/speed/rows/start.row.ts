import { setTimeout as delay } from 'node:timers/promises';
import { makeImage, pullWhole, pushArtifact, RegistryClient } from '@haven/testing/oci';
import { secondsOf } from '../client.ts';
import type { Contender } from '../measurement.ts';
import { admin, PlatformSubject } from '../platform.subject.ts';
import type { Field, Row } from '../row.ts';
import { memoryOf } from '../subject.ts';

const repository = 'library/app';
const tag = 'v1';
const settleMs = 5_000;
const startLimitSeconds = 8;
const idleLimitMegabytes = 700;

/** A platform of its own in each round: from nothing to the first pull, at rest, and started again. */
export const startRow: Row = {
  id: 'start',
  prepare: async ({ haven, peers }: Field) => {
    const image = await makeImage({ seed: 'first' });
    let own: PlatformSubject | undefined;
    const started = (): PlatformSubject => {
      if (own === undefined) throw new Error('nothing was started');
      return own;
    };
    const firstPull = async (): Promise<void> => {
      await pullWhole(new RegistryClient(started().url, admin), repository, tag);
    };
    const memory = async (pids: readonly number[]): Promise<number> => (await memoryOf(pids)) / 1e6;

    const up: Contender = {
      name: haven.name,
      measure: () =>
        secondsOf(async () => {
          own = await PlatformSubject.start();
          await pushArtifact(new RegistryClient(own.url, admin), repository, image, tag);
          await firstPull();
        }),
    };
    const idle: Contender = {
      name: haven.name,
      measure: async () => {
        await delay(settleMs);
        return memory(await started().pids());
      },
    };
    const again: Contender = {
      name: haven.name,
      measure: async () => {
        await started().platform.down();
        const seconds = await secondsOf(async () => {
          await started().platform.up();
          await firstPull();
        });
        await started().stop();
        own = undefined;
        return seconds;
      },
    };
    const peersAtRest = peers.map((peer): Contender => ({
      name: peer.name,
      measure: async () => memory(await peer.pids()),
    }));
    return {
      cases: [
        {
          title: './haven up on an empty folder, push and pull of a first image',
          unit: 's',
          contenders: [up],
          goals: [],
          limit: startLimitSeconds,
        },
        {
          title: 'memory at rest (PSS of all parts)',
          unit: 'MB',
          contenders: [idle, ...peersAtRest],
          goals: [],
          limit: idleLimitMegabytes,
        },
        {
          title: './haven up again, and a pull',
          unit: 's',
          contenders: [again],
          goals: [],
          limit: startLimitSeconds,
        },
      ],
      cleanUp: async () => own?.stop(),
    };
  },
};
