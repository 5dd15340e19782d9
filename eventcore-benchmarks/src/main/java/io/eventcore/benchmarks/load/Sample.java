package io.eventcore.benchmarks.load;

/**
 * What one candidate did in one round.
 *
 * @param perSecond operations per second
 * @param p50 median latency in microseconds
 * @param p99 99th percentile in microseconds
 * @param p999 99.9th percentile in microseconds
 * @param serverCpuMicros processor time of the server per operation, in microseconds
 * @param clientCpuMicros processor time of this process per operation, in microseconds
 * @param walBytes bytes of write-ahead log per operation
 */
record Sample(
        double perSecond,
        double p50,
        double p99,
        double p999,
        double serverCpuMicros,
        double clientCpuMicros,
        double walBytes) {}
