import { deleteScope } from '../registry-connection.js';
import { DistributionAdapter } from './distribution.adapter.js';

/** Azure Container Registry: tags are deleted by its API (https://learn.microsoft.com/rest/api/containerregistry/). */
export class AcrAdapter extends DistributionAdapter {
  override readonly capabilities = {
    copyByChunk: true,
    artifactDeletion: true,
    tagDeletion: true,
    labels: false,
    minimumPathComponents: 1,
    maximumPathComponents: Infinity,
  };

  override async deleteTag(repository: string, tag: string, signal?: AbortSignal): Promise<boolean> {
    const path = `/acr/v1/${repository}/_tags/${encodeURIComponent(tag)}`;
    const request = { method: 'DELETE', ...(signal === undefined ? {} : { signal }) };
    const response = await this.client.connection.expect([200, 202, 404], path, deleteScope(repository), request);
    response.drop();
    return response.status !== 404;
  }
}
