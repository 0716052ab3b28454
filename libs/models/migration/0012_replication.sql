-- What is copied where. Exactly one side is another registry; null stands for this platform.
CREATE TABLE replication_policy (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name varchar(256) NOT NULL,
  description text NOT NULL DEFAULT '',
  creator varchar(256) NOT NULL DEFAULT '',
  src_registry_id integer REFERENCES registry,
  dest_registry_id integer REFERENCES registry,
  dest_namespace varchar(256) NOT NULL DEFAULT '',
  dest_namespace_replace_count smallint NOT NULL DEFAULT -1,
  filters jsonb NOT NULL DEFAULT '[]',
  -- Harbor's trigger; the times of a scheduled one stand in `schedule`.
  trigger_type varchar(16) NOT NULL DEFAULT 'manual' CHECK (trigger_type IN ('manual', 'scheduled', 'event_based')),
  cron varchar(64) NOT NULL DEFAULT '',
  replicate_deletion boolean NOT NULL DEFAULT false,
  override boolean NOT NULL DEFAULT false,
  enabled boolean NOT NULL DEFAULT false,
  -- KB/s of each task; 0 is no limit.
  speed_kb integer NOT NULL DEFAULT 0,
  copy_by_chunk boolean NOT NULL DEFAULT false,
  single_active_replication boolean NOT NULL DEFAULT false,
  creation_time timestamptz NOT NULL DEFAULT now(),
  update_time timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT replication_policy__name UNIQUE (name),
  CHECK ((src_registry_id IS NULL) <> (dest_registry_id IS NULL))
);
CREATE INDEX replication_policy_by_event ON replication_policy (id) WHERE trigger_type = 'event_based' AND enabled;

-- What a policy has brought to its target, by tag, or by digest where there is none: it need not be asked for again.
CREATE TABLE replicated_reference (
  policy_id integer NOT NULL REFERENCES replication_policy ON DELETE CASCADE,
  repository varchar(512) COLLATE "C" NOT NULL,
  reference varchar(255) COLLATE "C" NOT NULL,
  digest varchar(255) COLLATE "C" NOT NULL,
  PRIMARY KEY (policy_id, repository, reference)
);

-- When and where the present target of a tag was first pushed: of two platforms that copy to each other, both keep the
-- later push, and of two at the same moment that of the greater platform id.
ALTER TABLE tag ADD COLUMN origin_time timestamptz, ADD COLUMN origin_platform varchar(64) COLLATE "C";
INSERT INTO properties (k, v) VALUES ('platform_id', gen_random_uuid());
