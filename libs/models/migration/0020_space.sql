-- What keeps a blob is asked from its edges, which outlive their artifact in the trash.
CREATE INDEX artifact_trash_by_artifact ON artifact_trash (artifact_id);
-- A repository comes back as a whole.
CREATE INDEX artifact_trash_by_repository ON artifact_trash (project_id, repository_name, id);
