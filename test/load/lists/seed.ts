import type pg from 'pg';

/** How much a database of the benchmark holds. Everything else follows from the number of artifacts. */
export interface Scale {
  artifacts: number;
}

/** Figures that the calls and their checks need. */
export const countsOf = ({ artifacts }: Scale) => ({
  artifacts,
  projects: Math.max(artifacts / 5_000, 1),
  repositories: artifacts / 100,
  /** Of the big repository: a fifth of all artifacts. */
  bigArtifacts: artifacts / 5,
  bigTags: artifacts / 10,
  /** Six of ten: the others are children of indexes, signatures and SBOMs. */
  bigListed: (artifacts / 5) * 0.6,
  /** Of one artifact in a repository of its own. */
  manyTags: artifacts / 100,
  manyAccessories: artifacts / 1_000,
  users: artifacts / 100,
  members: artifacts / 100,
  labels: artifacts / 100,
  robots: artifacts / 1_000,
});

/** The project that holds the big repository, and what is driven besides. */
export const bigProject = 'bench-1';
/** A developer of that project and of every tenth one. */
export const memberName = 'bench-user-1';

/** Where the one artifact with very many tags and accessories lies. */
export const manyDigest = `encode(sha256('many0'), 'hex')`;

const imageManifest = 'application/vnd.oci.image.manifest.v1+json';
const imageConfig = 'application/vnd.oci.image.config.v1+json';
const imageIndex = 'application/vnd.oci.image.index.v1+json';

/**
 * Artifacts come in groups of ten, pushed one after the other into one repository: an index with two children, a
 * signature of the index, an SBOM of an image, an untagged image and four tagged ones. Every fifth group is pushed into
 * the big repository; the others go round.
 */
const planSql = ({ repositories, projects }: ReturnType<typeof countsOf>, from: string, to: string): string => `
  SELECT k, k / 10 AS grp, k % 10 AS kind, 'sha256:' || encode(sha256(k::text::bytea), 'hex') AS digest,
         timestamptz '2026-01-01' - interval '30 seconds' * ($1::bigint - k) AS push_time,
         repository.repository_id, repository.project_id, repository.name AS repository_name
    FROM generate_series(${from}::bigint, ${to}::bigint) AS k
    CROSS JOIN LATERAL (SELECT CASE WHEN (k / 10) % 5 = 0 THEN 1
                                    ELSE 3 + ((k / 10) * 7919) % (${repositories} - 2) END AS nth) AS place
    JOIN repository ON repository.repository_id = place.nth
   WHERE ${projects} > 0`;

const accountsSql = (counts: ReturnType<typeof countsOf>): string => `
  INSERT INTO harbor_user (username, email, realname, password)
  SELECT 'bench-user-' || n, 'bench-user-' || n || '@example.com', 'User ' || n,
         (SELECT password FROM harbor_user WHERE user_id = 1)
    FROM generate_series(1, ${counts.users}) AS n;
  INSERT INTO project (project_id, owner_id, name, creation_time)
  SELECT n + 1, 1, 'bench-' || n, timestamptz '2025-01-01' + interval '1 hour' * n
    FROM generate_series(1, ${counts.projects}) AS n;
  INSERT INTO project_metadata (project_id, name, value)
  SELECT project_id, 'public', (project_id % 4 = 0)::text FROM project WHERE project_id > 1;
  INSERT INTO cve_allowlist (project_id) SELECT project_id FROM project WHERE project_id > 1;
  INSERT INTO quota (project_id) SELECT project_id FROM project WHERE project_id > 1;
  INSERT INTO quota_usage (project_id) SELECT project_id FROM project WHERE project_id > 1;
  INSERT INTO project_member (project_id, entity_id, entity_type, role)
  SELECT 2, user_id, 'u', CASE username WHEN '${memberName}' THEN 1 ELSE 2 END FROM harbor_user WHERE user_id > 2
  UNION ALL
  SELECT project_id, user_id, 'u', 1 FROM project JOIN harbor_user ON username = '${memberName}'
   WHERE project_id > 2 AND project_id % 10 = 2;
  INSERT INTO harbor_label (name, scope, project_id)
  SELECT 'label-' || n, 'p', 2 FROM generate_series(1, ${counts.labels}) AS n;
  INSERT INTO robot (name, project_id, secret, salt, duration, expiresat)
  SELECT 'bench-1+robot-' || n, 2, '', '', -1, -1 FROM generate_series(1, ${counts.robots}) AS n;
  INSERT INTO robot_permission (robot_id, kind, project_id, resource, action)
  SELECT id, 'project', 2, 'repository', 'pull' FROM robot`;

const repositoriesSql = (counts: ReturnType<typeof countsOf>): string => `
  INSERT INTO repository (repository_id, project_id, name, listed, creation_time)
  SELECT n, project.project_id,
         project.name || CASE n WHEN 1 THEN '/big' WHEN 2 THEN '/many' ELSE '/team-' || n % 50 || '/app-' || n END,
         true, timestamptz '2025-01-01' + interval '1 minute' * n
    FROM generate_series(1, ${counts.repositories}) AS n
    JOIN project ON project.project_id = CASE WHEN n < 3 THEN 2 ELSE 2 + n % ${counts.projects} END`;

/** A part of the artifacts, with all that hangs on them. */
const artifactsSql = (counts: ReturnType<typeof countsOf>): readonly string[] => {
  const plan = `WITH plan AS (${planSql(counts, '$2', '$3')})`;
  return [
    `${plan} INSERT INTO manifest (digest, media_type, payload, creation_time)
     SELECT digest, CASE kind WHEN 0 THEN '${imageIndex}' ELSE '${imageManifest}' END, sha256(digest::bytea), push_time
       FROM plan`,
    `${plan} INSERT INTO artifact (id, project_id, repository_id, repository_name, digest, type, media_type,
        manifest_media_type, artifact_type, subject_digest, size, extra_attrs, push_time, pull_time, listed)
     SELECT k + 1, project_id, repository_id, repository_name, digest,
            CASE kind WHEN 9 THEN 'CHART' WHEN 3 THEN 'SIGNATURE.COSIGN' WHEN 4 THEN 'SBOM' ELSE 'IMAGE' END,
            CASE kind WHEN 0 THEN '${imageIndex}' ELSE '${imageConfig}' END,
            CASE kind WHEN 0 THEN '${imageIndex}' ELSE '${imageManifest}' END, '${imageConfig}',
            CASE kind WHEN 3 THEN 'sha256:' || encode(sha256((k - 3)::text::bytea), 'hex') END,
            1000000 + (k * 7919) % 500000003,
            jsonb_build_object('architecture', 'amd64', 'os', 'linux', 'author', '', 'created', push_time,
              'config', jsonb_build_object('Cmd', jsonb_build_array('/app', '--serve'),
                'Env', jsonb_build_array('PATH=/usr/local/bin:/usr/bin:/bin', 'VERSION=' || k))),
            push_time, CASE WHEN k % 3 > 0 THEN push_time + interval '1 second' * ((k * 31) % 86400) END,
            kind NOT IN (1, 2, 3, 4)
       FROM plan`,
    `${plan} INSERT INTO tag (repository_id, artifact_id, name, push_time)
     SELECT repository_id, k + 1, 'v' || grp || '.' || kind, push_time FROM plan WHERE kind IN (0, 6, 7, 8, 9)`,
    `${plan} INSERT INTO artifact_reference (parent_id, child_id, child_digest, position, platform)
     SELECT k + 1 - kind, k + 1, digest, kind - 1,
            jsonb_build_object('os', 'linux', 'architecture', CASE kind WHEN 1 THEN 'amd64' ELSE 'arm64' END)
       FROM plan WHERE kind IN (1, 2)`,
    `${plan} INSERT INTO artifact_accessory (artifact_id, subject_artifact_id, subject_artifact_digest,
        subject_artifact_repo, type, size, digest, creation_time)
     SELECT k + 1, subject, 'sha256:' || encode(sha256((subject - 1)::text::bytea), 'hex'), repository_name,
            CASE kind WHEN 3 THEN 'signature.cosign' ELSE 'sbom.harbor' END, 1000, digest, push_time
       FROM plan CROSS JOIN LATERAL (SELECT CASE kind WHEN 3 THEN k - 2 ELSE k + 3 END AS subject) AS of_subject
      WHERE kind IN (3, 4)`,
    `${plan} INSERT INTO label_reference (label_id, artifact_id)
     SELECT 1 + grp % ${counts.labels}, k + 1 FROM plan WHERE kind = 6 AND grp % 10 = 0`,
    `${plan} INSERT INTO audit_log_ext (project_id, operation, resource_type, resource, username, op_time)
     SELECT project_id, CASE k % 3 WHEN 0 THEN 'pull' ELSE 'create' END, 'artifact', repository_name || '@' || digest,
            'bench-user-' || 1 + k % ${counts.users}, push_time FROM plan`,
    `${plan} INSERT INTO audit_log (project_id, operation, resource_type, resource, username, op_time)
     SELECT project_id, 'create', 'artifact', repository_name || '@' || digest, 'admin', push_time
       FROM plan WHERE k % 10 = 0`,
  ];
};

/** One artifact with very many tags and accessories, in a repository of its own. */
const manySql = (counts: ReturnType<typeof countsOf>): string => `
  INSERT INTO manifest (digest, media_type, payload)
  SELECT 'sha256:' || encode(sha256(('many' || n)::bytea), 'hex'), '${imageManifest}', '{}'
    FROM generate_series(0, ${counts.manyAccessories}) AS n;
  INSERT INTO artifact (project_id, repository_id, repository_name, digest, type, media_type, manifest_media_type,
                        artifact_type, subject_digest, size, listed)
  SELECT 2, 2, 'bench-1/many', 'sha256:' || encode(sha256(('many' || n)::bytea), 'hex'), 'IMAGE', '${imageConfig}',
         '${imageManifest}', '${imageConfig}',
         CASE WHEN n > 0 THEN 'sha256:' || encode(sha256('many0'), 'hex') END, 1000, n = 0
    FROM generate_series(0, ${counts.manyAccessories}) AS n;
  INSERT INTO tag (repository_id, artifact_id, name, push_time)
  SELECT 2, id, 'nightly-' || n, timestamptz '2025-01-01' + interval '1 minute' * n
    FROM artifact, generate_series(1, ${counts.manyTags}) AS n WHERE repository_id = 2 AND listed;
  INSERT INTO artifact_accessory (artifact_id, subject_artifact_id, subject_artifact_digest, subject_artifact_repo, type,
                                  size, digest)
  SELECT accessory.id, subject.id, subject.digest, 'bench-1/many', 'signature.cosign', 1000, accessory.digest
    FROM artifact accessory JOIN artifact subject ON subject.repository_id = 2 AND subject.listed
   WHERE accessory.repository_id = 2 AND NOT accessory.listed`;

/** Triggers that work out row by row what the seed already says. */
const slowTriggers = ['tag', 'artifact_reference', 'artifact_accessory'];
const identities = [
  ['project', 'project_id'],
  ['repository', 'repository_id'],
  ['artifact', 'id'],
] as const;
const artifactsAtOnce = 50_000;

/** Fills a freshly migrated database. */
export async function seed(database: pg.Client, scale: Scale): Promise<void> {
  const counts = countsOf(scale);
  for (const table of slowTriggers) await database.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  await database.query(accountsSql(counts));
  await database.query(repositoriesSql(counts));
  for (let from = 0; from < counts.artifacts; from += artifactsAtOnce) {
    const to = Math.min(from + artifactsAtOnce, counts.artifacts) - 1;
    for (const statement of artifactsSql(counts)) await database.query(statement, [counts.artifacts, from, to]);
  }
  for (const [table, column] of identities) {
    await database.query(
      `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), (SELECT max(${column}) FROM ${table}))`,
    );
  }
  await database.query(manySql(counts));
  for (const table of slowTriggers) await database.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
  await database.query('VACUUM (ANALYZE)');
}
