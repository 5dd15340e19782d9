package io.eventcore.projection;

import io.eventcore.GlobalPosition;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The status of a projection, as one instance of the application sees it. Holds no payload.
 *
 * <p>Immutable.
 *
 * @since 0.1
 */
public final class ProjectionStatus {
    private final String name;
    private final String projection;
    private final int version;
    private final boolean active;
    private final List<Partition> partitions;
    private final int parkedStreams;
    private final Optional<DeadlineCounts> deadlines;
    private final long executedDeadlines;

    private ProjectionStatus(Builder builder) {
        this.name = builder.name;
        this.projection = builder.projection;
        this.version = builder.version;
        this.active = builder.active;
        this.partitions = builder.partitions;
        this.parkedStreams = builder.parkedStreams;
        this.deadlines = builder.deadlines;
        this.executedDeadlines = builder.executedDeadlines;
    }

    /** The status of the only version of a projection, without partitions; all of that can be changed. */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    /** Its name; if it is not version 1, with {@code @} and the version, or {@code @side-effects}. */
    public String name() {
        return name;
    }

    /** The {@linkplain Projection#name() name} alone. */
    public String projection() {
        return projection;
    }

    /** Its version; {@link ProjectionPartition#SIDE_EFFECTS} for side effects. */
    public int version() {
        return version;
    }

    /** Whether queries should read this version, or its side effects may run. */
    public boolean active() {
        return active;
    }

    /** Its partitions; unmodifiable. */
    public List<Partition> partitions() {
        return partitions;
    }

    /** How many streams are parked. */
    public int parkedStreams() {
        return parkedStreams;
    }

    /** How many deadlines it has; empty if it is not a reaction with deadlines. */
    public Optional<DeadlineCounts> deadlines() {
        return deadlines;
    }

    /**
     * How many due deadlines this instance has executed, or found executed before, since it began to run the reaction.
     */
    public long executedDeadlines() {
        return executedDeadlines;
    }

    /** The position that all partitions have reached. */
    public GlobalPosition position() {
        return partitions.stream()
                .map(Partition::position)
                .min(GlobalPosition::compareTo)
                .orElse(GlobalPosition.START);
    }

    /** How far the slowest partition is behind the end of the log, in positions; an upper bound of events. */
    public long lagInEvents() {
        return partitions.stream().mapToLong(Partition::lagInEvents).max().orElse(0);
    }

    /** How long the oldest event known to be waiting has waited; zero if none is. */
    public Duration lag() {
        return partitions.stream().map(Partition::lag).max(Duration::compareTo).orElse(Duration.ZERO);
    }

    /** The longest time that a partition that is behind has made no progress here; zero if there is none. */
    public Duration standstill() {
        return partitions.stream()
                .map(Partition::standstill)
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    /** How fast the slowest partition progresses, in positions of the log. */
    public double positionsPerSecond() {
        return partitions.stream()
                .mapToDouble(Partition::positionsPerSecond)
                .min()
                .orElse(0);
    }

    /** When all partitions will have caught up at this rate; empty if that is unknown for one of them. */
    public Optional<Duration> estimatedTimeLeft() {
        List<Optional<Duration>> times =
                partitions.stream().map(Partition::estimatedTimeLeft).toList();
        return times.stream().allMatch(Optional::isPresent)
                ? times.stream().flatMap(Optional::stream).max(Duration::compareTo)
                : Optional.empty();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ProjectionStatus that
                && name.equals(that.name)
                && projection.equals(that.projection)
                && version == that.version
                && active == that.active
                && partitions.equals(that.partitions)
                && parkedStreams == that.parkedStreams
                && deadlines.equals(that.deadlines)
                && executedDeadlines == that.executedDeadlines;
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, projection, version, active, partitions, parkedStreams, deadlines);
    }

    @Override
    public String toString() {
        return "%s%s, %d parked streams, %s".formatted(name, active ? " (active)" : "", parkedStreams, partitions);
    }

    /**
     * Builds a status. Not safe for concurrent use.
     *
     * @since 0.1
     */
    public static final class Builder {
        private final String name;
        private String projection;
        private int version = 1;
        private boolean active = true;
        private List<Partition> partitions = List.of();
        private int parkedStreams;
        private Optional<DeadlineCounts> deadlines = Optional.empty();
        private long executedDeadlines;

        private Builder(String name) {
            this.name = Objects.requireNonNull(name, "name");
            this.projection = name;
        }

        /** A version of a projection, or its side effects; version 1 of that with the name of the status unless set. */
        public Builder version(String projectionName, int number) {
            projection = Objects.requireNonNull(projectionName, "projectionName");
            version = number;
            return this;
        }

        /** Whether queries should read this version, or its side effects may run; they should unless set. */
        public Builder active(boolean isActive) {
            active = isActive;
            return this;
        }

        /** Its partitions; none unless set. */
        public Builder partitions(List<Partition> parts) {
            partitions = List.copyOf(parts);
            return this;
        }

        /** How many streams are parked; none unless set. */
        public Builder parkedStreams(int count) {
            parkedStreams = count;
            return this;
        }

        /** How many deadlines it has, and how many were executed; unless set, it is not a reaction with deadlines. */
        public Builder deadlines(DeadlineCounts counts, long executed) {
            deadlines = Optional.of(counts);
            executedDeadlines = executed;
            return this;
        }

        /** The status. */
        public ProjectionStatus build() {
            return new ProjectionStatus(this);
        }
    }

    /**
     * The status of a partition of a projection. Immutable.
     *
     * @since 0.1
     */
    public static final class Partition {
        private final int number;
        private final ProjectionState state;
        private final GlobalPosition position;
        private final long lagInEvents;
        private final Duration lag;
        private final Duration standstill;
        private final String lastFailure;
        private final long appliedEvents;
        private final long skippedEvents;
        private final long failures;
        private final double positionsPerSecond;

        private Partition(Builder builder) {
            this.number = builder.number;
            this.state = builder.state;
            this.position = builder.position;
            this.lagInEvents = builder.lagInEvents;
            this.lag = builder.lag;
            this.standstill = builder.standstill;
            this.lastFailure = builder.lastFailure;
            this.appliedEvents = builder.appliedEvents;
            this.skippedEvents = builder.skippedEvents;
            this.failures = builder.failures;
            this.positionsPerSecond = builder.positionsPerSecond;
        }

        /** A partition that is not behind and has done nothing; all of that can be changed. */
        public static Builder builder(int number, ProjectionState state, GlobalPosition position) {
            return new Builder(number, state, position);
        }

        /** Its number, 0 for the first. */
        public int number() {
            return number;
        }

        /** What it is doing. */
        public ProjectionState state() {
            return state;
        }

        /** The position that it has reached. */
        public GlobalPosition position() {
            return position;
        }

        /** How far that is behind the end of the log, in positions; an upper bound of events. */
        public long lagInEvents() {
            return lagInEvents;
        }

        /**
         * How long ago the oldest event known to be waiting was recorded; zero if none is. It compares two clocks, so
         * it is only for people to look at.
         */
        public Duration lag() {
            return lag;
        }

        /**
         * How long it has made no progress here although it is behind: it has neither advanced nor found that there is
         * nothing to apply yet. Zero if it makes progress, is not behind, or this instance is not to run it now.
         */
        public Duration standstill() {
            return standstill;
        }

        /** The last failure, without any payload; empty if there was none. */
        public String lastFailure() {
            return lastFailure;
        }

        /** How many events this instance has applied since it began to run the partition. */
        public long appliedEvents() {
            return appliedEvents;
        }

        /** How many events were skipped since then. */
        public long skippedEvents() {
            return skippedEvents;
        }

        /** How many attempts failed since then. */
        public long failures() {
            return failures;
        }

        /** How fast it progresses, on average over about the last ten seconds. */
        public double positionsPerSecond() {
            return positionsPerSecond;
        }

        /**
         * When it will have caught up at this rate; empty if that is unknown. A partition that has failed, or that is
         * behind and paused or stopped, does not catch up until an operator acts. For one that is behind and retries an
         * event, it is unknown whether the next attempt succeeds.
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

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Partition that
                    && number == that.number
                    && state == that.state
                    && position.equals(that.position)
                    && lagInEvents == that.lagInEvents
                    && lag.equals(that.lag)
                    && standstill.equals(that.standstill)
                    && lastFailure.equals(that.lastFailure)
                    && appliedEvents == that.appliedEvents
                    && skippedEvents == that.skippedEvents
                    && failures == that.failures
                    && Double.compare(positionsPerSecond, that.positionsPerSecond) == 0;
        }

        @Override
        public int hashCode() {
            return Objects.hash(number, state, position, lagInEvents, appliedEvents, skippedEvents, failures);
        }

        @Override
        public String toString() {
            return "part %d %s at %s, %d behind".formatted(number, state, position, lagInEvents);
        }

        /**
         * Builds the status of a partition. Not safe for concurrent use.
         *
         * @since 0.1
         */
        public static final class Builder {
            private final int number;
            private final ProjectionState state;
            private final GlobalPosition position;
            private long lagInEvents;
            private Duration lag = Duration.ZERO;
            private Duration standstill = Duration.ZERO;
            private String lastFailure = "";
            private long appliedEvents;
            private long skippedEvents;
            private long failures;
            private double positionsPerSecond;

            private Builder(int number, ProjectionState state, GlobalPosition position) {
                this.number = number;
                this.state = Objects.requireNonNull(state, "state");
                this.position = Objects.requireNonNull(position, "position");
            }

            /** How far it is behind the end of the log, in positions, and since when; not at all unless set. */
            public Builder behind(long positions, Duration oldest) {
                lagInEvents = positions;
                lag = Objects.requireNonNull(oldest, "oldest");
                return this;
            }

            /** How long it has made no progress; zero unless set. */
            public Builder standstill(Duration time) {
                standstill = Objects.requireNonNull(time, "time");
                return this;
            }

            /** The last failure; none unless set. */
            public Builder lastFailure(String failure) {
                lastFailure = Objects.requireNonNull(failure, "failure");
                return this;
            }

            /** How many events were applied and skipped, and how many attempts failed; none unless set. */
            public Builder counts(long applied, long skipped, long failed) {
                appliedEvents = applied;
                skippedEvents = skipped;
                failures = failed;
                return this;
            }

            /** How fast it progresses; zero unless set. */
            public Builder positionsPerSecond(double rate) {
                positionsPerSecond = rate;
                return this;
            }

            /** The status. */
            public Partition build() {
                return new Partition(this);
            }
        }
    }
}
