import type { RemoteType } from './remote-registry.js';

/** What is known beforehand of an endpoint of a type: which addresses there are, and what its credentials look like. */
export interface AdapterPattern {
  endpoint: {
    /** `Fix`: the one address; `List`: one of these, or another of their kind. */
    type: 'Fix' | 'List';
    addresses: readonly { key: string; value: string }[];
  };
  /** The access key is always this, and the secret is a file. */
  credential?: { accessKey: string };
}

/** Of those types that follow a pattern; the others take any address, user name and password. */
export const adapterPatterns: Readonly<Partial<Record<RemoteType, AdapterPattern>>> = {};
