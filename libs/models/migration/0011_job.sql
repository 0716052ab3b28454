-- Work that outlives a request. Rows are the truth; what lies in Redis is only on its way to a worker.

-- One start of something: a replication policy, a retention run, one delivery of a webhook. Its status follows its tasks.
CREATE TABLE execution (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  vendor_type varchar(64) NOT NULL,
  -- What was started: id of the policy and the like; 0 for what there is only one of.
  vendor_id integer NOT NULL DEFAULT 0,
  trigger varchar(16) NOT NULL CHECK (trigger IN ('MANUAL', 'SCHEDULE', 'EVENT')),
  status varchar(16) NOT NULL DEFAULT 'Running' CHECK (status IN ('Running', 'Success', 'Error', 'Stopped')),
  status_message text NOT NULL DEFAULT '',
  extra_attrs jsonb NOT NULL DEFAULT '{}',
  start_time timestamptz NOT NULL DEFAULT now(),
  update_time timestamptz NOT NULL DEFAULT now(),
  end_time timestamptz
);
CREATE INDEX execution_by_vendor ON execution (vendor_type, vendor_id, id DESC);
CREATE INDEX execution_by_start ON execution (vendor_type, vendor_id, start_time, id);
CREATE INDEX execution_running ON execution (vendor_type, vendor_id) WHERE status = 'Running';

-- One job. Pending: waits for its turn. Scheduled: handed to the workers. Running: a worker holds the lease.
CREATE TABLE task (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  execution_id integer NOT NULL REFERENCES execution ON DELETE CASCADE,
  vendor_type varchar(64) NOT NULL,
  -- Name of the job to the outside, as Harbor's job ids.
  job_id uuid NOT NULL DEFAULT gen_random_uuid(),
  pool varchar(32) NOT NULL,
  -- Tasks of one lane take turns with those of the others.
  lane varchar(64) COLLATE "C" NOT NULL DEFAULT '',
  parameters jsonb NOT NULL DEFAULT '{}',
  status varchar(16) NOT NULL DEFAULT 'Pending'
    CHECK (status IN ('Pending', 'Scheduled', 'Running', 'Success', 'Error', 'Stopped')),
  status_message text NOT NULL DEFAULT '',
  -- The fence: counts the starts; who writes with an older number is too late.
  run_count integer NOT NULL DEFAULT 0,
  failures integer NOT NULL DEFAULT 0,
  not_before timestamptz NOT NULL DEFAULT now(),
  lease_until timestamptz,
  worker_id uuid,
  stop_requested boolean NOT NULL DEFAULT false,
  extra_attrs jsonb NOT NULL DEFAULT '{}',
  creation_time timestamptz NOT NULL DEFAULT now(),
  start_time timestamptz,
  update_time timestamptz NOT NULL DEFAULT now(),
  end_time timestamptz
);
CREATE UNIQUE INDEX task_by_job ON task (job_id);
CREATE INDEX task_of_execution ON task (execution_id, status);
CREATE INDEX task_waiting ON task (pool, lane, id) WHERE status = 'Pending';
CREATE INDEX task_under_way ON task (pool, status) WHERE status IN ('Scheduled', 'Running');

-- What jobs write while they run, in pieces, in order.
CREATE TABLE job_log (
  log_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id bigint NOT NULL REFERENCES task ON DELETE CASCADE,
  content text NOT NULL,
  creation_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX job_log_of_task ON job_log (task_id, log_id);

-- What is started by the clock.
CREATE TABLE schedule (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  vendor_type varchar(64) NOT NULL,
  vendor_id integer NOT NULL DEFAULT 0,
  -- Harbor's words: Hourly, Daily, Weekly, Custom; and the six fields of the time, in UTC.
  cron_type varchar(16) NOT NULL DEFAULT 'Custom',
  cron varchar(64) NOT NULL,
  lane varchar(64) COLLATE "C" NOT NULL DEFAULT '',
  parameters jsonb NOT NULL DEFAULT '{}',
  extra_attrs jsonb NOT NULL DEFAULT '{}',
  next_run_at timestamptz NOT NULL,
  creation_time timestamptz NOT NULL DEFAULT now(),
  update_time timestamptz NOT NULL DEFAULT now(),
  UNIQUE (vendor_type, vendor_id)
);
CREATE INDEX schedule_due ON schedule (next_run_at);

-- Kinds of jobs that wait until somebody lets them go on. SCHEDULER stands for all schedules.
CREATE TABLE job_queue_status (
  job_type varchar(64) PRIMARY KEY,
  paused boolean NOT NULL,
  update_time timestamptz NOT NULL DEFAULT now()
);

-- Processes that run jobs; whose heartbeat stops is forgotten.
CREATE TABLE worker_pool (
  id uuid PRIMARY KEY,
  pool varchar(32) NOT NULL,
  host varchar(255) NOT NULL,
  pid integer NOT NULL,
  concurrency integer NOT NULL,
  start_time timestamptz NOT NULL DEFAULT now(),
  heartbeat_time timestamptz NOT NULL DEFAULT now()
);
