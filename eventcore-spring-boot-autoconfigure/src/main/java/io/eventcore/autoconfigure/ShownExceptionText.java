package io.eventcore.autoconfigure;

import io.eventcore.internal.RedactedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;

/** Shows the text of exceptions as long as the application runs, and says so. */
final class ShownExceptionText implements InitializingBean, DisposableBean {
    private static final Logger LOG = LoggerFactory.getLogger(ShownExceptionText.class);

    ShownExceptionText() {}

    @Override
    public void afterPropertiesSet() {
        LOG.warn("The text of exceptions is shown in messages and logs. It may quote events and their personal data:"
                + " set eventcore.show-exception-text=true in development only.");
        RedactedException.showText(true);
    }

    @Override
    public void destroy() {
        RedactedException.showText(false);
    }
}
