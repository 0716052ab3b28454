import type { Case } from './measurement.ts';
import type { PeerSubject } from './peer.subject.ts';
import type { PlatformSubject } from './platform.subject.ts';

/** How much is done. */
export interface Sizes {
  /** Of a measurement that lasts for a time. */
  seconds: number;
  /** Of a large blob. */
  blobBytes: number;
  /** Pushed by each round of the small images. */
  images: number;
  tags: number;
  referrers: number;
}

/** What the rows measure. */
export interface Field {
  haven: PlatformSubject;
  peers: readonly PeerSubject[];
  sizes: Sizes;
}

/** A part of the benchmark that can be run alone. */
export interface Row {
  id: string;
  /** Fills the registries with what is to be asked for, and says what is to be measured. */
  prepare: (field: Field) => Promise<PreparedRow>;
}

export interface PreparedRow {
  cases: readonly Case[];
  /** Removes what takes much room. */
  cleanUp?: () => Promise<void>;
}

/** Debian's old release is far behind; where there is a newer peer, it takes part only where it is asked for. */
export const newPeers = (peers: readonly PeerSubject[]): readonly PeerSubject[] => {
  const newer = peers.filter(({ name }) => name !== oldPeer);
  return newer.length > 0 ? newer : peers;
};

export const oldPeer = 'distribution 2.8';
export const namesOf = (subjects: readonly { name: string }[]): string[] => subjects.map(({ name }) => name);
