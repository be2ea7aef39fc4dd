-- Business accounts at Meta: their templates, and questions that are put to the Graph in the background.

-- A business account that numbers of the workspace belong to. Looked at again when due; problem: why the last look failed.
CREATE TABLE waba_profiles (
    workspace_id BIGINT NOT NULL,
    business_id  TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    read_at_ms   BIGINT NOT NULL,
    due_ms       BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    problem      TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, business_id)
);
CREATE INDEX waba_profiles_by_time ON waba_profiles (due_ms);

INSERT INTO waba_profiles (workspace_id, business_id, name, read_at_ms, due_ms, attempts, problem)
    SELECT DISTINCT workspace_id, business_id, '', 0, 1, 0, '' FROM cloud_accounts;

-- Templates as Meta has them; components are Meta's JSON. One that Meta has no more stays, as DELETED: messages name it.
CREATE TABLE waba_templates (
    workspace_id     BIGINT NOT NULL,
    template_id      BIGINT NOT NULL,
    business_id      TEXT    NOT NULL,
    meta_id          TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    language         TEXT    NOT NULL,
    status           TEXT    NOT NULL,
    category         TEXT    NOT NULL,
    parameter_format TEXT    NOT NULL,
    components       TEXT    NOT NULL,
    read_at_ms       BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, template_id)
);
CREATE UNIQUE INDEX waba_templates_by_meta ON waba_templates (workspace_id, business_id, meta_id);
CREATE INDEX waba_templates_by_name ON waba_templates (workspace_id, name, language, business_id);

-- Figures that somebody asked Meta for. Those that wait have a time at which they are asked for next; the others are
-- forgotten some days after they were asked for.
CREATE TABLE waba_analyses (
    workspace_id  BIGINT NOT NULL,
    handle        BYTEA   NOT NULL,
    account_id    BIGINT NOT NULL,
    start_s       BIGINT NOT NULL,
    end_s         BIGINT NOT NULL,
    dimensions    TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    result        TEXT    NOT NULL,
    error_code    BIGINT NOT NULL,
    error         TEXT    NOT NULL,
    asked_at_ms   BIGINT NOT NULL,
    due_ms        BIGINT NOT NULL,
    attempts      BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, handle)
);
CREATE INDEX waba_analyses_by_time ON waba_analyses (state, due_ms);
