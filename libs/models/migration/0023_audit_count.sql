-- Lines of the audit log of a project on a day (UTC) = audit_log_ext_count.lines + its audit_log_ext_delta rows, kept as
-- artifact_count is; audit_log_ext_day has the same for all projects together. So a list that says how long it is counts
-- no lines, and finds a page without passing over the days before it.
CREATE TABLE audit_log_ext_count (
  project_id integer NOT NULL,
  day date NOT NULL,
  lines bigint NOT NULL,
  PRIMARY KEY (project_id, day)
);
CREATE TABLE audit_log_ext_day (
  day date PRIMARY KEY,
  lines bigint NOT NULL
);
CREATE TABLE audit_log_ext_delta (
  project_id integer NOT NULL,
  day date NOT NULL,
  lines bigint NOT NULL
);

CREATE FUNCTION audit_log_ext_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_log_ext_delta
    SELECT project_id, (op_time AT TIME ZONE 'UTC')::date, count(*) * TG_ARGV[0]::int FROM changed GROUP BY 1, 2;
  RETURN NULL;
END $$;

-- From here on nobody else writes lines until all of this is in force.
CREATE TRIGGER audit_log_ext_added AFTER INSERT ON audit_log_ext REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION audit_log_ext_tally('1');
CREATE TRIGGER audit_log_ext_removed AFTER DELETE ON audit_log_ext REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION audit_log_ext_tally('-1');
INSERT INTO audit_log_ext_count
  SELECT project_id, (op_time AT TIME ZONE 'UTC')::date, count(*) FROM audit_log_ext GROUP BY 1, 2;
INSERT INTO audit_log_ext_day SELECT day, sum(lines) FROM audit_log_ext_count GROUP BY day;
