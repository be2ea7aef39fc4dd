-- How long a workspace keeps its events, deliveries and the ways of its messages.
ALTER TABLE workspaces ADD COLUMN kept_days INTEGER NOT NULL DEFAULT 30;
