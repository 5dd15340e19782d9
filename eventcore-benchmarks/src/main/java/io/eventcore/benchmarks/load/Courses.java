package io.eventcore.benchmarks.load;

import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.Tag;
import io.eventcore.benchmarks.load.TagEvent.CourseJoined;
import io.eventcore.benchmarks.load.TagEvent.SeatTaken;
import io.eventcore.benchmarks.load.TagEvent.Subscribed;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import io.eventcore.command.WarmStreamSettings;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Students subscribe to courses: a decision about two subjects. The commands check the rules but never break them, so
 * every command of every candidate writes.
 */
final class Courses {
    private static final int STUDENTS = 1_000;
    private static final int COURSES = 50;

    /**
     * How many commands a term gets before new courses and students replace its own: so few that folding stays cheap.
     */
    private static final int COMMANDS_PER_TERM = 2_500;

    private static final int SEATS = 10_000;

    private Courses() {}

    /** Any student joins any course; one event with two tags records it. */
    static Candidate byTags(String name, String prefix) {
        return candidate(name, prefix, term -> {
            ThreadLocalRandom random = ThreadLocalRandom.current();
            return new Subscribe(
                    Terms.name("s", term, random.nextInt(STUDENTS)), Terms.name("c", term, random.nextInt(COURSES)));
        });
    }

    /** Any student joins any course; two events record it, one in the stream of each. */
    static Candidate byStreams(String name, String prefix, WarmStreamSettings warm) {
        return candidate(name, prefix, COMMANDS_PER_TERM, warm, term -> {
            ThreadLocalRandom random = ThreadLocalRandom.current();
            return new SubscribeByStreams(
                    StreamId.of("student/" + Terms.name("s", term, random.nextInt(STUDENTS))),
                    StreamId.of("course/" + Terms.name("c", term, random.nextInt(COURSES))));
        });
    }

    /** All commands want one course, each for a different student. */
    static Candidate hotTag(String name, String prefix) {
        AtomicLong students = new AtomicLong();
        return candidate(
                name,
                prefix,
                Stores.COMMANDS_PER_HOT_STREAM,
                term -> new TakeSeat(Terms.name("s", 0, students.getAndIncrement()), Terms.name("hot", term, 0)));
    }

    /** The same with one stream that all commands append to. */
    static Candidate hotStream(String name, String prefix) {
        AtomicLong students = new AtomicLong();
        return candidate(
                name,
                prefix,
                Stores.COMMANDS_PER_HOT_STREAM,
                term -> new TakeSeatInStream(
                        StreamId.of("student/" + Terms.name("s", 0, students.getAndIncrement())),
                        StreamId.of("course/" + Terms.name("hot", term, 0))));
    }

    private static Candidate candidate(String name, String prefix, Terms terms) {
        return candidate(name, prefix, COMMANDS_PER_TERM, terms);
    }

    private static Candidate candidate(String name, String prefix, int perTerm, Terms terms) {
        return candidate(name, prefix, perTerm, WarmStreamSettings.defaults(), terms);
    }

    private static Candidate candidate(String name, String prefix, int perTerm, WarmStreamSettings warm, Terms terms) {
        return new Candidate(
                name,
                database -> new Work(
                        CommandExecutor.builder(Stores.store(database, prefix, TagEvent.types()))
                                .warmStreams(warm)
                                .build(),
                        perTerm,
                        terms));
    }

    /** Makes the commands of a term. */
    private interface Terms {
        Command<?, ?> command(long term);

        /** No two candidates or rounds share names: each candidate has its own tables, and no term comes again. */
        static String name(String kind, long term, long number) {
            return kind + term + "-" + number;
        }
    }

    /** Executes commands. A command that exhausts its attempts does not count. */
    private static final class Work implements Candidate.Work {
        private final CommandExecutor executor;
        private final int perTerm;
        private final Terms terms;
        private final AtomicLong commands = new AtomicLong();
        private final LongAdder atOnce = new LongAdder();
        private final LongAdder givenUp = new LongAdder();

        private Work(CommandExecutor executor, int perTerm, Terms terms) {
            this.executor = executor;
            this.perTerm = perTerm;
            this.terms = terms;
        }

        @Override
        public long run(int thread, long turn) {
            try {
                if (executor.execute(terms.command(commands.getAndIncrement() / perTerm))
                                .attempts()
                        == 1) {
                    atOnce.increment();
                }
                return 1;
            } catch (RetriesExhaustedException e) {
                givenUp.increment();
                return 0;
            }
        }

        @Override
        public String remark() {
            return String.format(
                    Locale.ROOT,
                    "%.1f %% of %,d commands needed one attempt, %.1f %% were given up",
                    100.0 * atOnce.sum() / commands.get(),
                    commands.get(),
                    100.0 * givenUp.sum() / commands.get());
        }
    }

    /** How many students have the course, and how many courses the student has. */
    record Seats(int taken, int joined) {
        static final Seats NONE = new Seats(0, 0);

        Seats plus(int moreTaken, int moreJoined) {
            return new Seats(taken + moreTaken, joined + moreJoined);
        }

        void check() {
            Require.that(taken < SEATS, "course is full");
            Require.that(joined < SEATS, "student has too many courses");
        }
    }

    record Subscribe(
            @Tag("student") String student, @Tag("course") String course) implements Command<Seats, TagEvent> {
        @Override
        public Seats initialState() {
            return Seats.NONE;
        }

        @Override
        public Seats apply(Seats seats, TagEvent event) {
            return event instanceof Subscribed one
                    ? seats.plus(
                            one.course().equals(course) ? 1 : 0, one.student().equals(student) ? 1 : 0)
                    : seats;
        }

        @Override
        public List<TagEvent> handle(Seats seats) {
            seats.check();
            return List.of(new Subscribed(student, course));
        }
    }

    record SubscribeByStreams(
            @Stream StreamId student, @Stream StreamId course) implements Command<Seats, TagEvent> {
        @Override
        public Seats initialState() {
            return Seats.NONE;
        }

        @Override
        public Seats apply(Seats seats, TagEvent event) {
            if (event instanceof SeatTaken) {
                return seats.plus(1, 0);
            }
            return event instanceof CourseJoined ? seats.plus(0, 1) : seats;
        }

        @Override
        public List<TagEvent> handle(Seats seats) {
            seats.check();
            return List.of(new SeatTaken(course, student), new CourseJoined(student, course));
        }
    }

    /** Decides on the course alone. */
    record TakeSeat(String student, @Tag("course") String course) implements Command<Seats, TagEvent> {
        @Override
        public Seats initialState() {
            return Seats.NONE;
        }

        @Override
        public Seats apply(Seats seats, TagEvent event) {
            return seats.plus(1, 0);
        }

        @Override
        public List<TagEvent> handle(Seats seats) {
            seats.check();
            return List.of(new Subscribed(student, course));
        }
    }

    /** Decides on the course alone and appends to it. */
    record TakeSeatInStream(StreamId student, @Stream StreamId course) implements Command<Seats, TagEvent> {
        @Override
        public Seats initialState() {
            return Seats.NONE;
        }

        @Override
        public Seats apply(Seats seats, TagEvent event) {
            return seats.plus(1, 0);
        }

        @Override
        public List<TagEvent> handle(Seats seats) {
            seats.check();
            return List.of(new SeatTaken(course, student));
        }
    }
}
