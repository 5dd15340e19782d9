package io.eventcore.benchmarks.load;

import java.util.List;

/**
 * Measured work: who does it, on how many threads, and with which targets.
 *
 * @param number its number in the list of targets
 * @param work the work in words
 * @param threads how many threads do it
 * @param candidates who does the work; the first is the limit that the others are compared with
 * @param targets what the candidates should reach
 */
record Row(String number, String work, int threads, List<Candidate> candidates, List<Target> targets) {}
