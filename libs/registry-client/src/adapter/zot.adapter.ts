import { plainCapabilities } from '../remote-registry.js';
import { DistributionAdapter } from './distribution.adapter.js';

/** zot: all of the OCI specification, tags deleted by name included. */
export class ZotAdapter extends DistributionAdapter {
  override readonly capabilities = { ...plainCapabilities, copyByChunk: true, tagDeletion: true };
}
