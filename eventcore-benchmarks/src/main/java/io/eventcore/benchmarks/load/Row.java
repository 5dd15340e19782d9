package io.eventcore.benchmarks.load;

import java.util.List;

/**
 * Some work that is measured: who does it, on how many threads, and what is to be reached.
 *
 * @param number its number in the list of targets
 * @param work what is done
 * @param threads how many threads do it
 * @param candidates who does it; the first is the limit that the others are compared with
 * @param targets what is to be reached
 */
record Row(String number, String work, int threads, List<Candidate> candidates, List<Target> targets) {}
