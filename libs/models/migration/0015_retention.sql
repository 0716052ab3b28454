-- Which tags of a project are kept; at most one policy for each.
CREATE TABLE retention_policy (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id integer NOT NULL REFERENCES project (project_id),
  algorithm varchar(16) NOT NULL DEFAULT 'or',
  rules jsonb NOT NULL,
  trigger_kind varchar(20) NOT NULL DEFAULT '',
  cron varchar(64) NOT NULL DEFAULT '',
  create_time timestamptz NOT NULL DEFAULT now(),
  update_time timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT retention_policy__project UNIQUE (project_id)
);

-- What a run means to do with each artifact, and what became of it.
CREATE TABLE retention_plan (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  execution_id integer NOT NULL REFERENCES execution ON DELETE CASCADE,
  repository varchar(255) COLLATE "C" NOT NULL,
  digest varchar(255) COLLATE "C" NOT NULL,
  tags text[] NOT NULL,
  push_time timestamptz NOT NULL,
  pull_time timestamptz,
  fate varchar(16) NOT NULL CHECK (fate IN ('RETAIN', 'DEL', 'IMMUTABLE')),
  -- Of the first rule that keeps it, counted from 1; null when none does.
  rule integer,
  -- Empty until somebody has been at it: deleted, or why it was not.
  outcome varchar(64) NOT NULL DEFAULT '',
  UNIQUE (execution_id, repository, digest)
);
