-- How long a workspace keeps its events, deliveries and the ways of its messages.
ALTER TABLE workspaces ADD COLUMN kept_days BIGINT NOT NULL DEFAULT 30;
