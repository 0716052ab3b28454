-- The orders that lists are asked for; each is read from either end.
CREATE INDEX artifact_listed_by_size ON artifact (repository_id, size, id) WHERE listed;
-- Written to when pulls are folded in, a batch at a time, not by pulls.
CREATE INDEX artifact_listed_by_pull_time ON artifact (repository_id, pull_time, id) WHERE listed;
-- Both in the order of artifacts, so that lists of tagged and of untagged ones merge them.
CREATE INDEX artifact_listed_by_id ON artifact (repository_id, id) WHERE listed;
CREATE INDEX tag_by_repository ON tag (repository_id, artifact_id);
CREATE INDEX repository_newest ON repository (creation_time, repository_id) WHERE listed;
DROP INDEX tag_by_artifact;
CREATE INDEX tag_by_artifact ON tag (artifact_id, push_time, id);
DROP INDEX audit_log_by_time;
CREATE INDEX audit_log_by_time ON audit_log (op_time, id);
DROP INDEX audit_log_by_project;
CREATE INDEX audit_log_by_project ON audit_log (project_id, op_time, id);
