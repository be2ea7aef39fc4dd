-- What goes with an account's health, and how much it may write to people who never wrote. An account without a row is as
-- its transport's accounts are by themselves; below 0 says the same of one setting.
CREATE TABLE account_cares (
    workspace_id  BIGINT NOT NULL,
    account_id    BIGINT NOT NULL,
    since_ms      BIGINT NOT NULL,
    quality       TEXT    NOT NULL,
    quality_at_ms BIGINT NOT NULL,
    pacing_ms     BIGINT NOT NULL,
    cold_per_day  BIGINT NOT NULL,
    warm_up_days  BIGINT NOT NULL,
    cold_day_ms   BIGINT NOT NULL,
    cold_sent     BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, account_id)
);

-- Numbers that are being linked, the last of each place: how far it is, and what is to be shown.
CREATE TABLE account_linkings (
    workspace_id BIGINT NOT NULL,
    account_id   BIGINT NOT NULL,
    transport    TEXT    NOT NULL,
    way          TEXT    NOT NULL,
    phone        TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    owner_id     BIGINT NOT NULL,
    stage        TEXT    NOT NULL,
    shown        TEXT    NOT NULL,
    round        BIGINT NOT NULL,
    rounds       BIGINT NOT NULL,
    until_ms     BIGINT NOT NULL,
    answer       TEXT    NOT NULL,
    reason       TEXT    NOT NULL,
    begun_at_ms  BIGINT NOT NULL,
    ends_at_ms   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, account_id)
);

