package io.eventcore.test.contract;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Shared by the rows about faults of a runner: in the end nothing has reached the default exception handler. */
abstract class ProjectionFaultsFixture extends ProjectionRunnerFixture {
    static final String SECRET = "s3cr3t";

    private final UncaughtErrors uncaught = new UncaughtErrors();

    @Override
    @BeforeEach
    void beginWithAnEmptyStore() {
        uncaught.watch();
        super.beginWithAnEmptyStore();
    }

    @Override
    @AfterEach
    void stopAllRunners() {
        super.stopAllRunners();
        uncaught.assertNone();
    }

    /** An error of a library, such as {@code kotlin.NotImplementedError}. */
    static final class HomemadeError extends Error {
        private static final long serialVersionUID = 1L;

        HomemadeError() {
            super(SECRET);
        }
    }

    static EventStoreUnavailableException lost() {
        return new EventStoreUnavailableException("the answer was lost", null);
    }

    static ProjectionStatus.Partition status(ProjectionRunner runner, String projection) {
        return runner.status().stream()
                .filter(status -> status.name().equals(projection))
                .findFirst()
                .orElseThrow()
                .partitions()
                .get(0);
    }
}
