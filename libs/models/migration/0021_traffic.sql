-- What was pushed, pulled and deleted, by the hour, and what projects store, by the day: what reports are made of.

-- Rows are only ever added to, by pushes' and pulls' events and by batches of what nginx and the registry have counted.
CREATE TABLE traffic_hour (
  project_id integer NOT NULL,
  -- Full name, so that a report still says what a deleted one was; empty for names that were no repository.
  repository varchar(255) COLLATE "C" NOT NULL,
  hour timestamptz NOT NULL,
  pushes bigint NOT NULL DEFAULT 0,
  pulls bigint NOT NULL DEFAULT 0,
  deletes bigint NOT NULL DEFAULT 0,
  push_failures bigint NOT NULL DEFAULT 0,
  pull_failures bigint NOT NULL DEFAULT 0,
  bytes_in bigint NOT NULL DEFAULT 0,
  bytes_out bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (project_id, repository, hour)
);
CREATE INDEX traffic_hour_by_hour ON traffic_hour (hour);

-- Up to where the log of a collector was counted: what is brought again is not counted again.
CREATE TABLE traffic_source (
  source uuid PRIMARY KEY,
  position bigint NOT NULL,
  update_time timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE storage_day (
  project_id integer NOT NULL,
  day date NOT NULL,
  bytes bigint NOT NULL,
  PRIMARY KEY (project_id, day)
);
CREATE INDEX storage_day_by_day ON storage_day (day);
