-- What the collector needs beside the reviews: since when a blob is in quarantine. Its data may have been renamed from
-- then on, so a review that says so is kept until the renamed file is gone or back in its place.
ALTER TABLE blob_review ADD COLUMN quarantined_at timestamptz;

-- Whatever goes from the trash goes by age.
CREATE INDEX artifact_trash_by_time ON artifact_trash (creation_time);

-- Emptied by hand: the collector takes it with its next round, however young; nobody sees it any more.
ALTER TABLE artifact_trash ADD COLUMN emptied boolean NOT NULL DEFAULT false;
CREATE INDEX artifact_trash_emptied ON artifact_trash (id) WHERE emptied;
