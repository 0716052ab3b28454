-- Whether lists show an artifact of itself: it is no accessory, and it has a tag or no index refers to it.
-- Kept by triggers, so that no way of writing can forget it. A page of a list, and its count, then read one
-- index in order instead of asking three tables about every artifact of the repository.
ALTER TABLE artifact ADD COLUMN listed boolean NOT NULL DEFAULT true;

-- Asked when a transaction commits, about each artifact to which it has tied or untied something; the argument
-- names the column that holds the artifact. Two transactions that change what one artifact depends on take turns,
-- so that the second one sees what the first one did. They take turns at a lock beside the row: whoever deletes an
-- artifact holds the row while waiting for its tags. The lock stands for a few artifacts, since an index may have
-- thousands of children and locks are few.
CREATE FUNCTION artifact_relist() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  key text := TG_ARGV[0];
  one bigint;
  due boolean;
BEGIN
  FOR one IN SELECT DISTINCT id FROM unnest(ARRAY[to_jsonb(OLD) ->> key, to_jsonb(NEW) ->> key]::bigint[]) AS id
              WHERE id IS NOT NULL ORDER BY id LOOP
    PERFORM pg_advisory_xact_lock('artifact'::regclass::int, (one % 1024)::int);
    due := NOT EXISTS (SELECT FROM artifact_accessory WHERE artifact_id = one)
           AND (EXISTS (SELECT FROM tag WHERE artifact_id = one)
                OR NOT EXISTS (SELECT FROM artifact_reference WHERE child_id = one));
    UPDATE artifact SET listed = due WHERE id = one AND listed <> due;
  END LOOP;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER tag_tied AFTER INSERT OR DELETE ON tag
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION artifact_relist('artifact_id');
CREATE CONSTRAINT TRIGGER tag_moved AFTER UPDATE OF artifact_id ON tag
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.artifact_id <> NEW.artifact_id)
  EXECUTE FUNCTION artifact_relist('artifact_id');
CREATE CONSTRAINT TRIGGER accessory_tied AFTER INSERT OR DELETE ON artifact_accessory
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION artifact_relist('artifact_id');
CREATE CONSTRAINT TRIGGER child_tied AFTER INSERT OR DELETE ON artifact_reference
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION artifact_relist('child_id');

UPDATE artifact SET listed = false
 WHERE EXISTS (SELECT FROM artifact_accessory WHERE artifact_accessory.artifact_id = artifact.id)
    OR (EXISTS (SELECT FROM artifact_reference WHERE child_id = artifact.id)
        AND NOT EXISTS (SELECT FROM tag WHERE tag.artifact_id = artifact.id));

CREATE INDEX artifact_listed ON artifact (repository_id, push_time DESC, id DESC) WHERE listed;
CREATE INDEX artifact_listed_by_project ON artifact (project_id, push_time DESC, id DESC) WHERE listed;
CREATE INDEX repository_by_creation_time ON repository (project_id, creation_time DESC, repository_id DESC) WHERE listed;
