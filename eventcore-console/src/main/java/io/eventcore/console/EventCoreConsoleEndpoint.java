package io.eventcore.console;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import org.springframework.util.MimeType;

/**
 * Serves the files of the console. They hold no data: the page asks the endpoint {@code eventcore}, which alone decides
 * what is shown and what may be done.
 *
 * @since 0.1
 */
@WebEndpoint(id = "eventcoreconsole", defaultAccess = Access.READ_ONLY)
public class EventCoreConsoleEndpoint {
    private static final EndpointId CONSOLE = EndpointId.of("eventcoreconsole");
    private static final EndpointId DATA = EndpointId.of("eventcore");

    private static final MimeType HTML = new MimeType("text", "html", StandardCharsets.UTF_8);
    private static final MimeType SCRIPT = new MimeType("text", "javascript", StandardCharsets.UTF_8);
    private static final MimeType STYLE = new MimeType("text", "css", StandardCharsets.UTF_8);
    private static final MimeType PICTURE = MimeType.valueOf("image/svg+xml");

    /** All there is: what a request names is looked up here and nowhere else. */
    private static final Map<String, MimeType> FILES = Map.ofEntries(
            Map.entry("actions.js", SCRIPT),
            Map.entry("api.js", SCRIPT),
            Map.entry("console.css", STYLE),
            Map.entry("console.js", SCRIPT),
            Map.entry("dom.js", SCRIPT),
            Map.entry("event.js", SCRIPT),
            Map.entry("format.js", SCRIPT),
            Map.entry("hidden.js", SCRIPT),
            Map.entry("icon.svg", PICTURE),
            Map.entry("json.js", SCRIPT),
            Map.entry("live.js", SCRIPT),
            Map.entry("log.js", SCRIPT),
            Map.entry("overview.js", SCRIPT),
            Map.entry("plot.js", SCRIPT),
            Map.entry("projections.js", SCRIPT),
            Map.entry("standing.js", SCRIPT),
            Map.entry("streams.js", SCRIPT),
            Map.entry("types.js", SCRIPT));

    private final Supplier<@Nullable PathMappedEndpoints> paths;

    EventCoreConsoleEndpoint(Supplier<@Nullable PathMappedEndpoints> paths) {
        this.paths = paths;
    }

    /** The page. It names its files and the endpoint with the data by where both are mapped. */
    @ReadOperation(produces = {"text/html", "*/*"})
    public WebEndpointResponse<Resource> page() {
        String console = path(CONSOLE);
        String page = text("index.html")
                .replace("{files}", console.substring(console.lastIndexOf('/') + 1))
                .replace("{data}", "../".repeat(console.split("/", -1).length - 1) + path(DATA));
        return new WebEndpointResponse<>(new ByteArrayResource(page.getBytes(StandardCharsets.UTF_8)), HTML);
    }

    /** A file of the page; nothing if it has none of that name. */
    @ReadOperation(produces = {"text/javascript", "text/css", "image/svg+xml", "*/*"})
    public WebEndpointResponse<Resource> file(@Selector String file) {
        MimeType type = FILES.get(file);
        return type == null
                ? new WebEndpointResponse<>(WebEndpointResponse.STATUS_NOT_FOUND)
                : new WebEndpointResponse<>(resource(file), type);
    }

    /** Below the base path; the id, if the endpoint is not exposed, so that the page can say so. */
    private String path(EndpointId id) {
        PathMappedEndpoints mapped = paths.get();
        String path = mapped == null ? null : mapped.getRootPath(id);
        return Objects.requireNonNullElse(path, id.toString());
    }

    private static Resource resource(String file) {
        return new ClassPathResource("page/" + file, EventCoreConsoleEndpoint.class);
    }

    private static String text(String file) {
        try (InputStream content = resource(file).getInputStream()) {
            return new String(content.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
