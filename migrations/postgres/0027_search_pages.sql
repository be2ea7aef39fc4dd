-- Of SQLite's own index only.
SELECT 1;
