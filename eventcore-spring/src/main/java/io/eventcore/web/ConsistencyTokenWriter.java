package io.eventcore.web;

import io.eventcore.command.Command;
import io.eventcore.command.CommandListener;
import io.eventcore.command.ExecutionResult;
import io.eventcore.transaction.AfterCommit;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/**
 * Adds a {@link ConsistencyToken} to the response of every request whose thread executes a command that writes events;
 * after several commands, the last position counts. Inside a transaction the token is added after the commit. Safe for
 * any number of threads.
 *
 * @since 0.1
 */
public final class ConsistencyTokenWriter implements CommandListener {
    /** A writer. */
    public ConsistencyTokenWriter() {}

    @Override
    public Execution started(Command<?, ?> command) {
        HttpServletResponse response = currentResponse();
        return response == null ? Execution.IGNORED : new Watching(response);
    }

    private static @Nullable HttpServletResponse currentResponse() {
        return RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes request
                ? request.getResponse()
                : null;
    }

    private record Watching(HttpServletResponse response) implements Execution {
        @Override
        public void succeeded(ExecutionResult result) {
            ConsistencyToken.of(result).ifPresent(token -> AfterCommit.run(() -> write(token)));
        }

        private void write(ConsistencyToken token) {
            String earlier = response.getHeader(ConsistencyToken.HEADER);
            if (earlier == null || ConsistencyToken.parse(earlier).position().compareTo(token.position()) < 0) {
                response.setHeader(ConsistencyToken.HEADER, token.toString());
            }
        }
    }
}
