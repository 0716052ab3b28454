-- Blobs whose file is gone or holds other bytes than the digest says. Such a blob is set aside (status quarantined), so that
-- whoever pushes is told to upload it; that makes it live, and its row here is then taken away.
CREATE TABLE blob_damage (
  digest varchar(255) COLLATE "C" PRIMARY KEY,
  kind varchar(16) NOT NULL CHECK (kind IN ('corrupt', 'missing')),
  size bigint NOT NULL,
  creation_time timestamptz NOT NULL DEFAULT now()
);

-- Of each kind of scrub (vendor_id), one at a time by the clock and one by hand.
CREATE UNIQUE INDEX execution_scrub_once ON execution (vendor_id, trigger)
  WHERE vendor_type = 'SCRUB' AND status = 'Running';
