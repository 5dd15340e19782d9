-- What the roles of roles-postgresql.sql need of deadlines. Run it as the owner of the tables, after
-- 003-deadlines-postgresql.sql and roles-postgresql.sql. It may run again.

SELECT pg_advisory_xact_lock(hashtext('eventcore'), hashtext('schema'));

GRANT SELECT, INSERT, UPDATE, DELETE ON eventcore_deadline TO app_eventcore;
GRANT SELECT ON eventcore_deadline TO reader_eventcore;
