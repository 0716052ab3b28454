-- Whether lists show an artifact of itself: it is no accessory, and it has a tag or no index refers to it.
-- Kept by triggers, so that no way of writing can forget it. A page of a list, and its count, then read one
-- index in order instead of asking three tables about every artifact of the repository.
ALTER TABLE artifact ADD COLUMN listed boolean NOT NULL DEFAULT true;

CREATE FUNCTION artifact_relist(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  held record;
BEGIN
  -- Whoever changes an edge holds its artifact to the end; the next one then sees the change, and the last one is right.
  FOR held IN SELECT id, listed FROM artifact WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE LOOP
    IF held.listed <> (NOT EXISTS (SELECT FROM artifact_accessory WHERE artifact_id = held.id)
                       AND (EXISTS (SELECT FROM tag WHERE artifact_id = held.id)
                            OR NOT EXISTS (SELECT FROM artifact_reference WHERE child_id = held.id))) THEN
      UPDATE artifact SET listed = NOT held.listed WHERE id = held.id;
    END IF;
  END LOOP;
END $$;

CREATE FUNCTION artifact_relist_tagged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM artifact_relist(ARRAY[OLD.artifact_id, NEW.artifact_id]);
  RETURN NULL;
END $$;
CREATE FUNCTION artifact_relist_accessories() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM artifact_relist((SELECT array_agg(artifact_id) FROM changed));
  RETURN NULL;
END $$;
CREATE FUNCTION artifact_relist_children() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM artifact_relist((SELECT array_agg(child_id) FROM changed));
  RETURN NULL;
END $$;

CREATE TRIGGER tag_attached AFTER INSERT OR DELETE ON tag
  FOR EACH ROW EXECUTE FUNCTION artifact_relist_tagged();
CREATE TRIGGER tag_moved AFTER UPDATE OF artifact_id ON tag
  FOR EACH ROW WHEN (OLD.artifact_id <> NEW.artifact_id) EXECUTE FUNCTION artifact_relist_tagged();
CREATE TRIGGER accessory_attached AFTER INSERT ON artifact_accessory REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION artifact_relist_accessories();
CREATE TRIGGER accessory_detached AFTER DELETE ON artifact_accessory REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION artifact_relist_accessories();
CREATE TRIGGER child_attached AFTER INSERT ON artifact_reference REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION artifact_relist_children();
CREATE TRIGGER child_detached AFTER DELETE ON artifact_reference REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION artifact_relist_children();

SELECT artifact_relist((SELECT array_agg(id) FROM artifact));

CREATE INDEX artifact_listed ON artifact (repository_id, push_time DESC, id DESC) WHERE listed;
CREATE INDEX artifact_listed_by_project ON artifact (project_id, push_time DESC, id DESC) WHERE listed;
CREATE INDEX repository_by_creation_time ON repository (project_id, creation_time DESC, repository_id DESC) WHERE listed;
