import { setTimeout as delay } from 'node:timers/promises';
import { makeImage, pullWhole, pushArtifact, RegistryClient, type Image } from '@haven/testing/oci';
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
    const fresh = new FreshPlatform(await makeImage({ seed: 'first' }));
    const peersAtRest = peers.map((peer): Contender => ({
      name: peer.name,
      measure: async () => megabytes(await peer.pids()),
    }));
    return {
      cases: [
        {
          title: './haven up on an empty folder, push and pull of a first image',
          unit: 's',
          contenders: [{ name: haven.name, measure: () => fresh.start() }],
          goals: [],
          limit: startLimitSeconds,
        },
        {
          title: 'memory at rest (PSS of all parts)',
          unit: 'MB',
          contenders: [{ name: haven.name, measure: () => fresh.rest() }, ...peersAtRest],
          goals: [],
          limit: idleLimitMegabytes,
        },
        {
          title: './haven up again, and a pull',
          unit: 's',
          contenders: [{ name: haven.name, measure: () => fresh.startAgain() }],
          goals: [],
          limit: startLimitSeconds,
        },
      ],
      cleanUp: () => fresh.remove(),
    };
  },
};

const megabytes = async (pids: readonly number[]): Promise<number> => (await memoryOf(pids)) / 1e6;

/** What one round starts, looks at, starts again, and removes. */
class FreshPlatform {
  private started: PlatformSubject | undefined;

  constructor(private readonly image: Image) {}

  /** @returns seconds to the first pull */
  start(): Promise<number> {
    return secondsOf(async () => {
      this.started = await PlatformSubject.start();
      await pushArtifact(new RegistryClient(this.started.url, admin), repository, this.image, tag);
      await this.pull();
    });
  }

  /** @returns megabytes, when it has come to rest */
  async rest(): Promise<number> {
    await delay(settleMs);
    return megabytes(await this.subject.pids());
  }

  /** @returns seconds to a pull; afterwards all of it is gone */
  async startAgain(): Promise<number> {
    const { platform } = this.subject;
    await platform.down();
    const seconds = await secondsOf(async () => {
      await platform.up();
      await this.pull();
    });
    await this.remove();
    return seconds;
  }

  async remove(): Promise<void> {
    await this.started?.stop();
    this.started = undefined;
  }

  private async pull(): Promise<void> {
    await pullWhole(new RegistryClient(this.subject.url, admin), repository, tag);
  }

  private get subject(): PlatformSubject {
    if (this.started === undefined) throw new Error('nothing was started');
    return this.started;
  }
}
