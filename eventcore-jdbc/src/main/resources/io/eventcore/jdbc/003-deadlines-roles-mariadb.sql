-- What the roles of roles-mariadb.sql need of deadlines. Run it in the database of the tables, after the script 003-deadlines
-- of the server and roles-mariadb.sql, as a user who may grant on the tables. It may run again.

GRANT SELECT, INSERT, UPDATE, DELETE ON eventcore_deadline TO app_eventcore;
GRANT SELECT ON eventcore_deadline TO reader_eventcore;
