package io.eventcore.benchmarks.load;

/**
 * One way to do the work of a row.
 *
 * @param name the name in the table
 * @param setup prepares the database and returns the work
 */
record Candidate(String name, Setup setup) {
    /** Prepares the work. */
    @FunctionalInterface
    interface Setup {
        Work prepare(Database database) throws Exception;
    }

    /** The work that every thread repeats. */
    @FunctionalInterface
    interface Work {
        /**
         * Does the work once.
         *
         * @param thread the number of the thread, 0 for the first
         * @param turn how often this thread has done it before in this run
         * @return how many operations this call did
         */
        long run(int thread, long turn) throws Exception;

        /** An extra remark for the report after all rounds; empty if there is none. */
        default String remark() throws Exception {
            return "";
        }

        /** Starts what runs next to the work during a measurement. Closing the result ends it. */
        default AutoCloseable beside() throws Exception {
            return () -> {};
        }
    }
}
