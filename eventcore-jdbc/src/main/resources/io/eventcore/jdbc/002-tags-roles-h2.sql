-- What the roles of roles-h2.sql need of tags. Run it as an administrator, after 002-tags-h2.sql and roles-h2.sql. It may
-- run again.

GRANT SELECT ON eventcore_event_tag, eventcore_tag_name TO app_eventcore;
GRANT SELECT ON eventcore_event_tag, eventcore_tag_name TO reader_eventcore;
GRANT INSERT ON eventcore_event_tag TO app_eventcore;
