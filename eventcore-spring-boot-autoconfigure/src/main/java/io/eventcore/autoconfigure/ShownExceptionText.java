package io.eventcore.autoconfigure;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;

/**
 * Shows the text of exceptions while the application runs, through the library's system property, and logs a warning.
 */
final class ShownExceptionText implements InitializingBean, DisposableBean {
    private static final Logger LOG = LoggerFactory.getLogger(ShownExceptionText.class);

    private static final String SYSTEM_PROPERTY = "eventcore.show-exception-text";

    private @Nullable String before;

    ShownExceptionText() {}

    @Override
    public void afterPropertiesSet() {
        LOG.warn("The text of exceptions is shown in messages and logs. It may quote events and their personal data:"
                + " set eventcore.show-exception-text=true in development only.");
        before = System.setProperty(SYSTEM_PROPERTY, "true");
    }

    @Override
    public void destroy() {
        if (before == null) {
            System.clearProperty(SYSTEM_PROPERTY);
        } else {
            System.setProperty(SYSTEM_PROPERTY, before);
        }
    }
}
