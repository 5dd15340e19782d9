-- What the roles of roles-mariadb.sql need of tags. Run it in the database of the tables, after the script 002-tags of the
-- server and roles-mariadb.sql, as a user who may grant on the tables. It may run again.

GRANT SELECT, INSERT ON eventcore_event_tag TO app_eventcore;
GRANT SELECT ON eventcore_tag_name TO app_eventcore;
GRANT SELECT ON eventcore_event_tag TO reader_eventcore;
GRANT SELECT ON eventcore_tag_name TO reader_eventcore;
