package io.eventcore.jdbc;

/** What becomes of a primary so that another one takes its place. */
enum PrimaryFault {
    /** The server and its agent die at once, as if the machine had lost its power. */
    KILLED {
        @Override
        void befall(PatroniNode primary) {
            primary.kill();
        }

        @Override
        void end(PatroniNode old) {
            old.start();
        }
    },

    /** Nothing of it moves any more, and its connections stay; it wakes up when there is another primary. */
    FROZEN {
        @Override
        void befall(PatroniNode primary) {
            primary.freeze();
        }

        @Override
        void end(PatroniNode old) {
            old.thaw();
        }

        /** The standbys ask the frozen agent how far it has come, and Patroni waits two seconds for an answer. */
        @Override
        int secondsMore() {
            return 2;
        }
    },

    /** An operator asks for another one. */
    SWITCHED_OVER {
        @Override
        void befall(PatroniNode primary) {
            primary.ask("POST", "/switchover", "{\"leader\": \"" + primary.name() + "\"}");
        }

        @Override
        void end(PatroniNode old) {
            // It goes on as a standby by itself.
        }
    },

    /** Its agent reaches etcd no more, while all others reach the server. */
    CUT_OFF {
        @Override
        void befall(PatroniNode primary) {
            primary.cutOffFromEtcd();
        }

        @Override
        void end(PatroniNode old) {
            old.reconnectToEtcd();
        }
    };

    /** Begins it. */
    abstract void befall(PatroniNode primary);

    /** Ends it, once there is another primary. */
    abstract void end(PatroniNode old);

    /** How many seconds more than after other faults it takes until writes go on, at the longest. */
    int secondsMore() {
        return 0;
    }
}
