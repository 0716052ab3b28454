-- What keeps a blob is asked from its edges, which outlive their artifact in the trash.
CREATE INDEX artifact_trash_by_artifact ON artifact_trash (artifact_id);
-- A repository comes back as a whole: what was deleted last comes first, and parts before what lists them.
CREATE INDEX artifact_trash_by_repository ON artifact_trash (project_id, repository_name, creation_time DESC, artifact_id);

-- What a deleted repository had beside its artifacts, for as long as one of those lies in the trash.
CREATE TABLE repository_trash (
  name varchar(255) COLLATE "C" PRIMARY KEY,
  repository_id integer NOT NULL,
  project_id integer NOT NULL,
  description text NOT NULL,
  pull_count bigint NOT NULL,
  star_count integer NOT NULL,
  creation_time timestamptz NOT NULL
);
