/** All that a secret for the command line opens, as with Harbor: pushing, pulling, and what replication asks for. */
export const cliSecretOperations: ReadonlySet<string> = new Set([
  'getToken',
  'listProjects',
  'createProject',
  'getSystemInfo',
  'getApiVersion',
  'ListLabels',
  'listRepositories',
  'listArtifacts',
  'deleteTag',
]);
