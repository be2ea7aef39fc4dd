-- People and what they share: teams, teammates, templates, webhooks.
-- Every workspace has its Owner, teammate 1, from its first moment; tokens and accounts are the Owner's unless said otherwise.

CREATE TABLE teams (
    workspace_id  BIGINT NOT NULL,
    team_id       BIGINT NOT NULL,
    title         TEXT COLLATE "C" NOT NULL,
    title_folded  TEXT COLLATE "C" NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, team_id)
);
CREATE UNIQUE INDEX teams_by_title ON teams (workspace_id, title_folded);

-- team_id 0: in no team. ended_at_ms: left the workspace; the row stays, since what they did bears their name.
CREATE TABLE teammates (
    workspace_id      BIGINT NOT NULL,
    user_id           BIGINT NOT NULL,
    display_name      TEXT COLLATE "C" NOT NULL,
    first_name        TEXT COLLATE "C" NOT NULL,
    last_name         TEXT COLLATE "C" NOT NULL,
    email             TEXT COLLATE "C" NOT NULL,
    email_folded      TEXT COLLATE "C" NOT NULL,
    role              TEXT NOT NULL,
    team_id           BIGINT NOT NULL,
    status            TEXT NOT NULL,
    invitation_status TEXT NOT NULL,
    created_at_ms     BIGINT NOT NULL,
    ended_at_ms       BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);
CREATE UNIQUE INDEX teammates_by_email ON teammates (workspace_id, email_folded) WHERE ended_at_ms = 0;

INSERT INTO teammates (workspace_id, user_id, display_name, first_name, last_name, email, email_folded, role, team_id,
    status, invitation_status, created_at_ms, ended_at_ms)
SELECT workspace_id, 1, 'Owner', '', '', '', '', 'owner', 0, 'active', 'accepted', created_at_ms, 0 FROM workspaces;

-- team_id 0: for all teams.
CREATE TABLE templates (
    workspace_id  BIGINT NOT NULL,
    template_id   BIGINT NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    text          TEXT NOT NULL,
    visibility    TEXT NOT NULL,
    team_id       BIGINT NOT NULL,
    file_uid      BYTEA,
    created_by    BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    updated_by    BIGINT NOT NULL,
    updated_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, template_id)
);

-- How often a template was used, by where it was used. A count and not a row for each use, so that it has an end.
CREATE TABLE template_uses (
    workspace_id    BIGINT NOT NULL,
    template_id     BIGINT NOT NULL,
    origin          TEXT COLLATE "C" NOT NULL,
    uses            BIGINT NOT NULL,
    last_used_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, template_id, origin)
);

CREATE TABLE webhooks (
    workspace_id   BIGINT NOT NULL,
    webhook_id     BIGINT NOT NULL,
    event_type     TEXT NOT NULL,
    url            TEXT COLLATE "C" NOT NULL,
    enabled        BOOLEAN NOT NULL,
    errors_counter BIGINT NOT NULL,
    created_at_ms  BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, webhook_id)
);

ALTER TABLE tokens ADD COLUMN teammate_id BIGINT NOT NULL DEFAULT 1;

-- An account's owner is a teammate, whose name and email stand in one place.
ALTER TABLE accounts ADD COLUMN owner_id BIGINT NOT NULL DEFAULT 1;
ALTER TABLE accounts DROP COLUMN owner_name;
ALTER TABLE accounts DROP COLUMN owner_email;

-- Numbers that are taken rarely: a send neither reads nor writes them. The Owner has taken the first teammate's.
ALTER TABLE workspace_counters ADD COLUMN teammate_last BIGINT NOT NULL DEFAULT 1;
ALTER TABLE workspace_counters ADD COLUMN team_last BIGINT NOT NULL DEFAULT 0;
ALTER TABLE workspace_counters ADD COLUMN template_last BIGINT NOT NULL DEFAULT 0;
ALTER TABLE workspace_counters ADD COLUMN webhook_last BIGINT NOT NULL DEFAULT 0;
