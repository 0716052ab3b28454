-- Whether a blob is the icon of an artifact is asked before it is shown to anybody.
CREATE INDEX artifact_by_icon ON artifact (icon) WHERE icon <> '';
