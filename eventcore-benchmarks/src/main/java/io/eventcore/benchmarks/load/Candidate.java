package io.eventcore.benchmarks.load;

/**
 * One way to do the work of a row.
 *
 * @param name what the table calls it
 * @param setup prepares the database and returns the work
 */
record Candidate(String name, Setup setup) {
    /** Prepares the work. */
    @FunctionalInterface
    interface Setup {
        Work prepare(Database database) throws Exception;
    }

    /** What every thread does over and over. */
    @FunctionalInterface
    interface Work {
        /**
         * Does it once.
         *
         * @param thread the number of the thread, 0 for the first
         * @param turn how often this thread has done it before in this run
         * @return how many operations that were
         */
        long run(int thread, long turn) throws Exception;

        /** What else there is to say once all rounds are over; empty for nothing. */
        default String remark() throws Exception {
            return "";
        }

        /** Begins what goes on beside the work as long as it is measured; ended by closing it. */
        default AutoCloseable beside() throws Exception {
            return () -> {};
        }
    }
}
