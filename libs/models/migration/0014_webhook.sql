-- Whom a project tells of what.
CREATE TABLE notification_policy (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id integer NOT NULL REFERENCES project (project_id) ON DELETE CASCADE,
  name varchar(256) NOT NULL,
  description text NOT NULL DEFAULT '',
  -- [{id, type, address, authHeader (encrypted), skipsCertificate, format}]; the ids are ours.
  targets jsonb NOT NULL,
  event_types text[] NOT NULL,
  enabled boolean NOT NULL DEFAULT false,
  creator varchar(256) NOT NULL DEFAULT '',
  -- Since when, and how often in a row, nothing has arrived; and why it was switched off, if it was not by hand.
  failing_since timestamptz,
  failures integer NOT NULL DEFAULT 0,
  disabled_reason text NOT NULL DEFAULT '',
  creation_time timestamptz NOT NULL DEFAULT now(),
  update_time timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT notification_policy__name UNIQUE (project_id, name)
);
CREATE INDEX execution_by_event ON execution (vendor_id, (extra_attrs->>'event_type'), start_time DESC)
 WHERE vendor_type IN ('WEBHOOK', 'SLACK');
