import type { Credentials, Image, Index } from '@haven/testing/oci';
import type { Outcome } from '../harness/command.ts';

export interface Pushed extends Outcome {
  /** Digest of the manifest, as the client says it; undefined when the push failed. */
  digest: string | undefined;
}

export interface Pulled {
  /** Digest that the client knows the reference by. */
  digest: string;
  /** Digest of the config, which names the unpacked layers one by one. */
  configDigest: string;
}

/** A real client with a store and a log-in of its own. References are whole: `host:port/project/name:tag`. */
export interface ContainerClient {
  logIn(host: string, credentials: Credentials): Promise<Outcome>;
  logOut(host: string): Promise<Outcome>;
  /** Brings an image into the client's own store, and pushes it. */
  push(image: Image, reference: string): Promise<Pushed>;
  /** Pushes what was pushed as `from` once more, under another name. */
  pushAgain(from: string, to: string): Promise<Pushed>;
  /** Makes an index over the images of the given one with the client's own means, and pushes it. */
  pushIndex(index: Index, reference: string): Promise<Outcome>;
  /** Empties the store, then pulls for linux on the given architecture. */
  pull(reference: string, architecture?: string): Promise<Outcome>;
  /** What the last pull brought. */
  inspect(reference: string): Promise<Pulled>;
  stop(): Promise<void>;
}

/** The client cannot be used on this machine, whatever the registry does. */
export class Unavailable extends Error {}
