package io.eventcore.autoconfigure;

import io.eventcore.jdbc.PostgreSqlNotifications;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Sends notifications while the application runs, and listens if projections run here. */
class NotificationsLifecycle implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(NotificationsLifecycle.class);

    private final PostgreSqlNotifications notifications;
    private final boolean listens;
    private volatile boolean running;

    NotificationsLifecycle(PostgreSqlNotifications notifications, boolean listens) {
        this.notifications = notifications;
        this.listens = listens;
    }

    @Override
    public void start() {
        if (!notifications.isSupported()) {
            LOG.info("eventcore.projections.notifications has no effect: the event store is not in one PostgreSQL"
                    + " database. Projections poll.");
        } else if (listens) {
            notifications.start();
        } else {
            notifications.startSending();
        }
        running = true;
    }

    @Override
    public void stop() {
        notifications.stop();
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Starts and stops with the projections. */
    @Override
    public int getPhase() {
        return ProjectionLifecycle.PHASE;
    }
}
