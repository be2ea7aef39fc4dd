-- PostgreSQL gathers its own.
SELECT 1;
