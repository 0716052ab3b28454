-- Registries elsewhere: where replication copies from and to, and what proxy caches stand for.
CREATE TABLE registry (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name varchar(64) COLLATE "C" NOT NULL,
  url varchar(256) NOT NULL,
  credential_type varchar(16) NOT NULL DEFAULT '',
  access_key varchar(4096) NOT NULL DEFAULT '',
  -- Sealed by the secret key of the platform; empty when there is none.
  access_secret text NOT NULL DEFAULT '',
  insecure boolean NOT NULL DEFAULT false,
  ca_certificate text NOT NULL DEFAULT '',
  type varchar(32) NOT NULL,
  description text NOT NULL DEFAULT '',
  health varchar(16) NOT NULL DEFAULT 'unknown' CHECK (health IN ('unknown', 'healthy', 'unhealthy')),
  -- Why it is unhealthy, in words for administrators.
  health_message text NOT NULL DEFAULT '',
  checked_at timestamptz,
  -- When the next replica to look may look; a claim moves it on.
  next_check_at timestamptz NOT NULL DEFAULT now(),
  creation_time timestamptz NOT NULL DEFAULT now(),
  update_time timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT registry__name UNIQUE (name)
);
CREATE INDEX registry_to_check ON registry (next_check_at);
