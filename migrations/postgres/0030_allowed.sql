-- What WhatsApp allows a number: people it may write to first in a day (0: any number), and messages in a second. Below 0:
-- WhatsApp said nothing of it.
ALTER TABLE account_cares ADD COLUMN reach BIGINT NOT NULL DEFAULT -1;
ALTER TABLE account_cares ADD COLUMN per_second BIGINT NOT NULL DEFAULT -1;
