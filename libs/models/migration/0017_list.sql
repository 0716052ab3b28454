-- The orders that lists are asked for; each is read from either end.
CREATE INDEX artifact_listed_by_size ON artifact (repository_id, size, id) WHERE listed;
CREATE INDEX repository_newest ON repository (creation_time, repository_id) WHERE listed;
DROP INDEX tag_by_artifact;
CREATE INDEX tag_by_artifact ON tag (artifact_id, push_time, id);
DROP INDEX audit_log_by_time;
CREATE INDEX audit_log_by_time ON audit_log (op_time, id);
DROP INDEX audit_log_by_project;
CREATE INDEX audit_log_by_project ON audit_log (project_id, op_time, id);
