import { deleteScope } from '../registry-connection.js';
import { plainCapabilities } from '../remote-registry.js';
import { DistributionAdapter } from './distribution.adapter.js';

/** Azure Container Registry: tags are deleted by its API (https://learn.microsoft.com/rest/api/containerregistry/). */
export class AcrAdapter extends DistributionAdapter {
  override readonly capabilities = { ...plainCapabilities, copyByChunk: true, tagDeletion: true };

  override async deleteTag(repository: string, tag: string, signal?: AbortSignal): Promise<boolean> {
    const path = `/acr/v1/${repository}/_tags/${encodeURIComponent(tag)}`;
    const request = { method: 'DELETE', ...(signal === undefined ? {} : { signal }) };
    const response = await this.client.connection.expect([200, 202, 404], path, deleteScope(repository), request);
    response.drop();
    return response.status !== 404;
  }
}
