package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a projection is doing, as one instance of the application sees it. Holds no payload.
 *
 * <p>Immutable.
 *
 * @param name its name; where that is not version 1, with {@code @} and the version, or {@code @side-effects}
 * @param projection the {@linkplain Projection#name() name} alone
 * @param version its version; {@link ProjectionPartition#SIDE_EFFECTS} for side effects
 * @param active whether queries should read this version, or its side effects may run
 * @param partitions its parts
 * @param parkedStreams how many streams are set aside
 * @since 0.1
 */
public record ProjectionStatus(
        String name, String projection, int version, boolean active, List<Partition> partitions, int parkedStreams) {
    /** Copies the list. */
    public ProjectionStatus {
        partitions = List.copyOf(partitions);
    }

    /** The only version of a projection. */
    public ProjectionStatus(String name, List<Partition> partitions, int parkedStreams) {
        this(name, name, 1, true, partitions, parkedStreams);
    }

    /** The position up to which all parts have come. */
    public GlobalPosition position() {
        return partitions.stream()
                .map(Partition::position)
                .min(GlobalPosition::compareTo)
                .orElse(GlobalPosition.START);
    }

    /** How far the slowest part is behind the end of the log, in positions; an upper bound of events. */
    public long lagInEvents() {
        return partitions.stream().mapToLong(Partition::lagInEvents).max().orElse(0);
    }

    /** How long the oldest event has been waiting that is known to wait; zero if none is. */
    public Duration lag() {
        return partitions.stream().map(Partition::lag).max(Duration::compareTo).orElse(Duration.ZERO);
    }

    /** How long the part has made no step here that has waited longest for one; zero if none waits. */
    public Duration standstill() {
        return partitions.stream()
                .map(Partition::standstill)
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    /** How fast the slowest part gets ahead, in positions of the log. */
    public double positionsPerSecond() {
        return partitions.stream()
                .mapToDouble(Partition::positionsPerSecond)
                .min()
                .orElse(0);
    }

    /** When all parts will have caught up, if they go on like this; empty if that cannot be told of one of them. */
    public Optional<Duration> estimatedTimeLeft() {
        List<Optional<Duration>> times =
                partitions.stream().map(Partition::estimatedTimeLeft).toList();
        return times.stream().allMatch(Optional::isPresent)
                ? times.stream().flatMap(Optional::stream).max(Duration::compareTo)
                : Optional.empty();
    }

    /**
     * How a part of a projection is doing.
     *
     * @param number which part, 0 for the first
     * @param state what it is doing
     * @param position how far it has come
     * @param lagInEvents how far that is behind the end of the log, in positions; an upper bound of events
     * @param lag how long ago the oldest event was recorded that is known to wait; zero if none is. Two clocks are
     *     compared for it, so it is for people to look at
     * @param standstill how long it has made no step here although it is behind: neither forward, nor to the finding that
     *     there is nothing to apply yet. Zero if it makes steps, is not behind, or is not to be run by this instance now
     * @param lastFailure what went wrong last, without any payload; empty if nothing did
     * @param appliedEvents how many events were applied since this instance runs it
     * @param skippedEvents how many events were skipped since then
     * @param failures how many attempts failed since then
     * @param positionsPerSecond how fast it gets ahead, on average over the last ten seconds or so
     * @since 0.1
     */
    public record Partition(
            int number,
            ProjectionState state,
            GlobalPosition position,
            long lagInEvents,
            Duration lag,
            Duration standstill,
            String lastFailure,
            long appliedEvents,
            long skippedEvents,
            long failures,
            double positionsPerSecond) {
        /**
         * When it will have caught up, if it goes on like this; empty if that cannot be told. A part that has failed never
         * catches up, nor does one that is behind and paused or stopped, until an operator lets it go on. Of one that is
         * behind and tries an event again it is not known whether the next attempt succeeds.
         */
        public Optional<Duration> estimatedTimeLeft() {
            if (state == ProjectionState.FAILED) {
                return Optional.empty();
            }
            if (lagInEvents == 0) {
                return Optional.of(Duration.ZERO);
            }
            boolean standsStill = state == ProjectionState.PAUSED
                    || state == ProjectionState.STOPPED
                    || state == ProjectionState.RETRYING;
            return standsStill || positionsPerSecond < 0.001
                    ? Optional.empty()
                    : Optional.of(Duration.ofMillis((long) (lagInEvents / positionsPerSecond * 1000)));
        }
    }
}
