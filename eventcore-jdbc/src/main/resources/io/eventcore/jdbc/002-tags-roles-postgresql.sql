-- What the roles of roles-postgresql.sql need of tags. Run it as the owner of the tables, after 002-tags-postgresql.sql and
-- roles-postgresql.sql. It may run again.

SELECT pg_advisory_xact_lock(hashtext('eventcore'), hashtext('schema'));

GRANT SELECT ON eventcore_event_tag, eventcore_tag_name TO app_eventcore, reader_eventcore;
GRANT EXECUTE ON FUNCTION eventcore_append_tagged_event, eventcore_append_tagged, eventcore_append_batch_tagged
    TO app_eventcore;
GRANT EXECUTE ON FUNCTION eventcore_positions_of_both TO app_eventcore, reader_eventcore;
