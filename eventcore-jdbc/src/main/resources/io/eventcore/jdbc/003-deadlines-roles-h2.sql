-- What the roles of roles-h2.sql need of deadlines. Run it as an administrator, after 003-deadlines-h2.sql and roles-h2.sql.
-- It may run again.

GRANT SELECT, INSERT, UPDATE, DELETE ON eventcore_deadline TO app_eventcore;
GRANT SELECT ON eventcore_deadline TO reader_eventcore;
