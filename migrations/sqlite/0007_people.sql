-- People and what they share: teams, teammates, templates, webhooks.
-- Every workspace has its Owner, teammate 1, from its first moment; tokens and accounts are the Owner's unless said otherwise.

CREATE TABLE teams (
    workspace_id  INTEGER NOT NULL,
    team_id       INTEGER NOT NULL,
    title         TEXT    NOT NULL,
    title_folded  TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, team_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX teams_by_title ON teams (workspace_id, title_folded);

-- team_id 0: in no team. ended_at_ms: left the workspace; the row stays, since what they did bears their name.
CREATE TABLE teammates (
    workspace_id      INTEGER NOT NULL,
    user_id           INTEGER NOT NULL,
    display_name      TEXT    NOT NULL,
    first_name        TEXT    NOT NULL,
    last_name         TEXT    NOT NULL,
    email             TEXT    NOT NULL,
    email_folded      TEXT    NOT NULL,
    role              TEXT    NOT NULL,
    team_id           INTEGER NOT NULL,
    status            TEXT    NOT NULL,
    invitation_status TEXT    NOT NULL,
    created_at_ms     INTEGER NOT NULL,
    ended_at_ms       INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX teammates_by_email ON teammates (workspace_id, email_folded) WHERE ended_at_ms = 0;

INSERT INTO teammates (workspace_id, user_id, display_name, first_name, last_name, email, email_folded, role, team_id,
    status, invitation_status, created_at_ms, ended_at_ms)
SELECT workspace_id, 1, 'Owner', '', '', '', '', 'owner', 0, 'active', 'accepted', created_at_ms, 0 FROM workspaces;

-- team_id 0: for all teams.
CREATE TABLE templates (
    workspace_id  INTEGER NOT NULL,
    template_id   INTEGER NOT NULL,
    name          TEXT    NOT NULL,
    text          TEXT    NOT NULL,
    visibility    TEXT    NOT NULL,
    team_id       INTEGER NOT NULL,
    file_uid      BLOB,
    created_by    INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    updated_by    INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, template_id)
) STRICT, WITHOUT ROWID;

-- How often a template was used, by where it was used. A count and not a row for each use, so that it has an end.
CREATE TABLE template_uses (
    workspace_id    INTEGER NOT NULL,
    template_id     INTEGER NOT NULL,
    origin          TEXT    NOT NULL,
    uses            INTEGER NOT NULL,
    last_used_at_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, template_id, origin)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhooks (
    workspace_id   INTEGER NOT NULL,
    webhook_id     INTEGER NOT NULL,
    event_type     TEXT    NOT NULL,
    url            TEXT    NOT NULL,
    enabled        INTEGER NOT NULL,
    errors_counter INTEGER NOT NULL,
    created_at_ms  INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, webhook_id)
) STRICT, WITHOUT ROWID;

ALTER TABLE tokens ADD COLUMN teammate_id INTEGER NOT NULL DEFAULT 1;

-- An account's owner is a teammate, whose name and email stand in one place.
ALTER TABLE accounts ADD COLUMN owner_id INTEGER NOT NULL DEFAULT 1;
ALTER TABLE accounts DROP COLUMN owner_name;
ALTER TABLE accounts DROP COLUMN owner_email;

-- Numbers that are taken rarely: a send neither reads nor writes them. The Owner has taken the first teammate's.
ALTER TABLE workspace_counters ADD COLUMN teammate_last INTEGER NOT NULL DEFAULT 1;
ALTER TABLE workspace_counters ADD COLUMN team_last INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workspace_counters ADD COLUMN template_last INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workspace_counters ADD COLUMN webhook_last INTEGER NOT NULL DEFAULT 0;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('teams', 'teams', '100 10 1'),
    ('teams', 'teams_by_title', '100 10 1'),
    ('teammates', 'teammates', '1000 20 1'),
    ('teammates', 'teammates_by_email', '1000 20 1'),
    ('templates', 'templates', '2000 50 1'),
    ('template_uses', 'template_uses', '4000 100 2 1'),
    ('webhooks', 'webhooks', '500 5 1');
