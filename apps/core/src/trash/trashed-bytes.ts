/**
 * SQL for the bytes of blobs and manifests that only the trash of a project keeps, each once. What the project is charged for
 * is no part of it: the same layer in a live image stands in the quota.
 * @param project names the project in the statement around it
 */
export const trashedBytes = (project: string): string =>
  `(SELECT coalesce(sum(size), 0)::bigint FROM (
      SELECT blob.digest, blob.size FROM blob
       WHERE digest IN (SELECT digest_blob FROM artifact_blob
                         WHERE artifact_id IN (SELECT artifact_id FROM artifact_trash WHERE project_id = ${project}))
      UNION
      SELECT digest, octet_length(payload) FROM manifest
       WHERE digest IN (SELECT digest FROM artifact_trash WHERE project_id = ${project})) kept
     WHERE NOT EXISTS (SELECT 1 FROM project_blob WHERE project_id = ${project} AND project_blob.digest = kept.digest))`;
