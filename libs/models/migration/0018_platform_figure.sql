-- What metrics say of the platform as a whole is counted as it changes, and told by one process.

-- Artifacts of a project by type = artifact_count.artifacts + the sum of its artifact_delta rows. Pushes and deletions
-- only add rows, so that they never wait for each other; folding adds them up. Kept by triggers, so that no way of
-- writing can forget it.
CREATE TABLE artifact_count (
  project_id integer NOT NULL,
  type varchar(255) NOT NULL,
  artifacts bigint NOT NULL,
  PRIMARY KEY (project_id, type)
);
CREATE TABLE artifact_delta (
  project_id integer NOT NULL,
  type varchar(255) NOT NULL,
  artifacts bigint NOT NULL
);

CREATE FUNCTION artifact_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO artifact_delta
    SELECT project_id, type, count(*) * TG_ARGV[0]::int FROM changed GROUP BY project_id, type;
  RETURN NULL;
END $$;

-- From here on nobody else changes artifacts until all of this is in force.
CREATE TRIGGER artifact_added AFTER INSERT ON artifact REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION artifact_tally('1');
CREATE TRIGGER artifact_removed AFTER DELETE ON artifact REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION artifact_tally('-1');
INSERT INTO artifact_count SELECT project_id, type, count(*) FROM artifact GROUP BY project_id, type;

-- One row: which process of core reads and tells these figures, for as long as it shows life.
CREATE TABLE platform_figure_holder (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  holder uuid,
  held_until timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO platform_figure_holder DEFAULT VALUES;
