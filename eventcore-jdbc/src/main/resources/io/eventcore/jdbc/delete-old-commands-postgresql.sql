-- Forgets commands that were executed under an id more than 30 days ago; choose a time after which no sender repeats one.
-- After that, a repetition is executed as a new command. Run it now and then, for example every night, as a user that may
-- delete from the table. Events stay.
DELETE FROM eventcore_command WHERE recorded_at < now() - INTERVAL '30' DAY;
