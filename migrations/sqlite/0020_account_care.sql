-- What goes with an account's health, and how much it may write to people who never wrote. An account without a row is as
-- its transport's accounts are by themselves; below 0 says the same of one setting.
CREATE TABLE account_cares (
    workspace_id  INTEGER NOT NULL,
    account_id    INTEGER NOT NULL,
    since_ms      INTEGER NOT NULL,
    quality       TEXT    NOT NULL,
    quality_at_ms INTEGER NOT NULL,
    pacing_ms     INTEGER NOT NULL,
    cold_per_day  INTEGER NOT NULL,
    warm_up_days  INTEGER NOT NULL,
    cold_day_ms   INTEGER NOT NULL,
    cold_sent     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, account_id)
) STRICT, WITHOUT ROWID;

-- Numbers that are being linked, the last of each place: how far it is, and what is to be shown.
CREATE TABLE account_linkings (
    workspace_id INTEGER NOT NULL,
    account_id   INTEGER NOT NULL,
    transport    TEXT    NOT NULL,
    way          TEXT    NOT NULL,
    phone        TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    owner_id     INTEGER NOT NULL,
    stage        TEXT    NOT NULL,
    shown        TEXT    NOT NULL,
    round        INTEGER NOT NULL,
    rounds       INTEGER NOT NULL,
    until_ms     INTEGER NOT NULL,
    answer       TEXT    NOT NULL,
    reason       TEXT    NOT NULL,
    begun_at_ms  INTEGER NOT NULL,
    ends_at_ms   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, account_id)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('account_cares', 'account_cares', '100 2 1'),
    ('account_linkings', 'account_linkings', '20 2 1');
