-- Business accounts at Meta: their templates, and questions that are put to the Graph in the background.

-- A business account that numbers of the workspace belong to. Looked at again when due; problem: why the last look failed.
CREATE TABLE waba_profiles (
    workspace_id INTEGER NOT NULL,
    business_id  TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    read_at_ms   INTEGER NOT NULL,
    due_ms       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    problem      TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, business_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX waba_profiles_by_time ON waba_profiles (due_ms);

INSERT INTO waba_profiles (workspace_id, business_id, name, read_at_ms, due_ms, attempts, problem)
    SELECT DISTINCT workspace_id, business_id, '', 0, 1, 0, '' FROM cloud_accounts;

-- Templates as Meta has them; components are Meta's JSON. One that Meta has no more stays, as DELETED: messages name it.
CREATE TABLE waba_templates (
    workspace_id     INTEGER NOT NULL,
    template_id      INTEGER NOT NULL,
    business_id      TEXT    NOT NULL,
    meta_id          TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    language         TEXT    NOT NULL,
    status           TEXT    NOT NULL,
    category         TEXT    NOT NULL,
    parameter_format TEXT    NOT NULL,
    components       TEXT    NOT NULL,
    read_at_ms       INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, template_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX waba_templates_by_meta ON waba_templates (workspace_id, business_id, meta_id);
CREATE INDEX waba_templates_by_name ON waba_templates (workspace_id, name, language, business_id);

-- Figures that somebody asked Meta for. Those that wait have a time at which they are asked for next; the others are
-- forgotten some days after they were asked for.
CREATE TABLE waba_analyses (
    workspace_id  INTEGER NOT NULL,
    handle        BLOB    NOT NULL,
    account_id    INTEGER NOT NULL,
    start_s       INTEGER NOT NULL,
    end_s         INTEGER NOT NULL,
    dimensions    TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    result        TEXT    NOT NULL,
    error_code    INTEGER NOT NULL,
    error         TEXT    NOT NULL,
    asked_at_ms   INTEGER NOT NULL,
    due_ms        INTEGER NOT NULL,
    attempts      INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, handle)
) STRICT, WITHOUT ROWID;
CREATE INDEX waba_analyses_by_time ON waba_analyses (state, due_ms);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('waba_profiles', 'waba_profiles', '100 2 1'),
    ('waba_profiles', 'waba_profiles_by_time', '100 1'),
    ('waba_templates', 'waba_templates', '1000 100 1'),
    ('waba_templates', 'waba_templates_by_meta', '1000 100 50 1'),
    ('waba_templates', 'waba_templates_by_name', '1000 100 4 2 1'),
    ('waba_analyses', 'waba_analyses', '1000 100 1'),
    ('waba_analyses', 'waba_analyses_by_time', '1000 300 1');
