import { DistributionAdapter } from './distribution.adapter.js';

/** zot: all of the OCI specification, tags deleted by name included. */
export class ZotAdapter extends DistributionAdapter {
  override readonly capabilities = {
    copyByChunk: true,
    artifactDeletion: true,
    tagDeletion: true,
    labels: false,
    minimumPathComponents: 1,
    maximumPathComponents: Infinity,
  };
}
