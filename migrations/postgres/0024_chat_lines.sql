-- What a chat's thread tells between the messages, and who looks at a chat, for teammates on other nodes.

-- Labelled, renamed, reopened, assigned, unassigned, closed, unlabelled, snoozed, brought back, label made: the kinds of
-- `CHAT_LINES` in `store/chat_lines.rs`. All other events, and so every plain send, pay one comparison.
CREATE INDEX events_of_chats ON events (workspace_id, chat_id, at_ms, seq)
    WHERE kind IN (6, 7, 8, 60, 61, 62, 65, 150, 151, 200);

-- Rows of a moment: who is in a chat (0: its contact), and until when they count as there and as writing.
CREATE TABLE chat_presence (
    workspace_id     BIGINT NOT NULL,
    chat_id          BIGINT NOT NULL,
    teammate_id      BIGINT NOT NULL,
    name             TEXT COLLATE "C" NOT NULL,
    here_until_ms    BIGINT NOT NULL,
    writing_until_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, chat_id, teammate_id)
);

