package io.eventcore.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The files of the console over real HTTP: which there are, where, and what they may load. */
class ConsoleOverHttpTest {
    private static final Path PAGE = Path.of("src/main/resources/io/eventcore/console/page");
    private static final String BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    private static final String EXPOSED = "management.endpoints.web.exposure.include=eventcoreconsole,eventcore";

    private static ConfigurableApplicationContext exposed;

    private final HttpClient http = HttpClient.newHttpClient();

    @SpringBootConfiguration
    @EnableAutoConfiguration
    static class Application {}

    @BeforeAll
    static void startExposed() {
        exposed = start(EXPOSED);
    }

    @AfterAll
    static void stop() {
        exposed.close();
    }

    @Test
    void it_is_off_unless_it_is_exposed() throws Exception {
        try (ConfigurableApplicationContext application = start("management.endpoints.web.exposure.include=health")) {
            assertThat(get(application, "/actuator/eventcoreconsole").statusCode())
                    .isEqualTo(404);
            assertThat(get(application, "/actuator/eventcoreconsole/console.js").statusCode())
                    .isEqualTo(404);
            assertThat(application.getBeansOfType(EventCoreConsoleEndpoint.class))
                    .isEmpty();
        }
    }

    @Test
    void it_is_off_with_the_library() throws Exception {
        try (ConfigurableApplicationContext application = start(EXPOSED, "eventcore.enabled=false")) {
            assertThat(get(application, "/actuator/eventcoreconsole").statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void a_browser_gets_the_page_and_each_of_its_files_with_its_type() throws Exception {
        HttpResponse<String> page = get(exposed, "/actuator/eventcoreconsole", BROWSER);

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(type(page)).isEqualTo("text/html;charset=UTF-8");
        assertThat(linksOf(page)).hasSize(4);
        for (String link : linksOf(page)) {
            assertThat(http.send(request(page.uri().resolve(link), "*/*"), HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .as(link)
                    .isEqualTo(200);
        }
        Map<String, String> types = Map.of(
                ".js", "text/javascript;charset=UTF-8", ".css", "text/css;charset=UTF-8", ".svg", "image/svg+xml");
        for (String name : names()) {
            HttpResponse<String> file = get(exposed, "/actuator/eventcoreconsole/" + name);
            assertThat(file.statusCode()).as(name).isEqualTo(200);
            assertThat(type(file)).as(name).isEqualTo(types.get(name.substring(name.lastIndexOf('.'))));
            assertThat(file.body()).as(name).isEqualTo(Files.readString(PAGE.resolve(name)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "text/javascript", "text/css,*/*;q=0.1", "*/*", "image/avif,image/svg+xml"})
    void whatever_a_browser_accepts_is_answered(String accepted) throws Exception {
        assertThat(get(exposed, "/actuator/eventcoreconsole", accepted).statusCode())
                .isEqualTo(200);
        assertThat(get(exposed, "/actuator/eventcoreconsole/console.css", accepted)
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nothing.js",
                "index.html",
                "EventCoreConsoleEndpoint.class",
                "..%2FEventCoreConsoleEndpoint.class",
                "%2e%2e%2fEventCoreConsoleEndpoint.class",
                "page%2Fconsole.js",
                "console.js%00"
            })
    void nothing_else_is_served(String name) throws Exception {
        HttpResponse<String> answer = get(exposed, "/actuator/eventcoreconsole/" + name);

        assertThat(answer.statusCode()).isBetween(400, 404);
        assertThat(answer.body()).doesNotContain("import", "io.eventcore");
    }

    @Test
    void a_native_image_keeps_all_files() throws IOException {
        RuntimeHints hints = new RuntimeHints();
        new EventCoreConsoleAutoConfiguration.Files().registerHints(hints, null);

        assertThat(names())
                .allMatch(name -> RuntimeHintsPredicates.resource()
                        .forResource("io/eventcore/console/page/" + name)
                        .test(hints));
    }

    @Test
    void nothing_can_be_written() throws Exception {
        HttpRequest post = HttpRequest.newBuilder(uri(exposed, "server", "/actuator/eventcoreconsole"))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();

        assertThat(http.send(post, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(405);
    }

    @Test
    void it_finds_its_files_and_its_data_wherever_the_endpoints_are_mapped() throws Exception {
        try (ConfigurableApplicationContext application = start(
                EXPOSED,
                "server.servlet.context-path=/bank",
                "management.endpoints.web.base-path=/manage",
                "management.endpoints.web.path-mapping.eventcoreconsole=tools/console",
                "management.endpoints.web.path-mapping.eventcore=store/data")) {
            HttpResponse<String> page = get(application, "/bank/manage/tools/console");

            assertThat(linksOf(page))
                    .isNotEmpty()
                    .allSatisfy(link -> assertThat(get(application, page.uri().resolve(link)))
                            .isEqualTo(200));
            assertThat(get(application, page.uri().resolve(dataOf(page)))).isEqualTo(200);
            assertThat(page.uri().resolve(dataOf(page)).getPath()).isEqualTo("/bank/manage/store/data");
        }
    }

    @Test
    void it_works_on_a_port_of_its_own() throws Exception {
        try (ConfigurableApplicationContext application =
                start(EXPOSED, "management.server.port=0", "management.server.base-path=/ops")) {
            URI address = uri(application, "management", "/ops/actuator/eventcoreconsole");
            HttpResponse<String> page = http.send(request(address, BROWSER), HttpResponse.BodyHandlers.ofString());

            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(linksOf(page))
                    .allSatisfy(link ->
                            assertThat(get(application, address.resolve(link))).isEqualTo(200));
            assertThat(get(application, address.resolve(dataOf(page)))).isEqualTo(200);
            assertThat(get(application, "/actuator/eventcoreconsole").statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void the_page_says_where_its_data_would_be_also_where_that_is_not_exposed() throws Exception {
        try (ConfigurableApplicationContext application =
                start("management.endpoints.web.exposure.include=eventcoreconsole")) {
            HttpResponse<String> page = get(application, "/actuator/eventcoreconsole");

            assertThat(page.uri().resolve(dataOf(page)).getPath()).isEqualTo("/actuator/eventcore");
        }
    }

    @Test
    void the_page_loads_nothing_from_elsewhere_and_nothing_inline() throws IOException {
        String page = Files.readString(PAGE.resolve("index.html"));

        assertThat(page)
                .contains(
                        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
                                + " connect-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'\">")
                .doesNotContain("<style", "style=", "javascript:")
                .doesNotContainPattern("\\son\\w+=")
                .doesNotContainPattern("<script(?![^>]* src=)");
        for (String name : names()) {
            assertThat(Files.readString(PAGE.resolve(name)))
                    .as(name)
                    .doesNotContainPattern("(?i)(https?:)?//[a-z0-9-]+\\.(?!w3\\.org/2000/svg\")[a-z]")
                    .doesNotContain(
                            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "@import");
        }
    }

    private static List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(PAGE)) {
            List<String> names = files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals("index.html"))
                    .sorted()
                    .toList();
            assertThat(names).contains("console.js", "console.css");
            return names;
        }
    }

    private static List<String> linksOf(HttpResponse<String> page) {
        return Pattern.compile("(?:href|src)=\"([^\"#]+)\"")
                .matcher(page.body())
                .results()
                .map(link -> link.group(1))
                .toList();
    }

    private static String dataOf(HttpResponse<String> page) {
        return page.body().replaceFirst("(?s).*<meta name=\"eventcore\" content=\"([^\"]*)\">.*", "$1");
    }

    private static String type(HttpResponse<String> answer) {
        return answer.headers().firstValue("Content-Type").orElse("none");
    }

    private static ConfigurableApplicationContext start(String... properties) {
        String[] arguments = Stream.concat(
                        Stream.of(
                                "server.port=0",
                                "server.address=127.0.0.1",
                                "management.server.address=127.0.0.1",
                                "spring.datasource.generate-unique-name=true",
                                "eventcore.jdbc.initialize-schema=always"),
                        Stream.of(properties))
                .filter(property -> !property.startsWith("management.server.address")
                        || Stream.of(properties).anyMatch(other -> other.startsWith("management.server.port")))
                .map(property -> "--" + property)
                .toArray(String[]::new);
        return new SpringApplicationBuilder(Application.class).run(arguments);
    }

    private static URI uri(ConfigurableApplicationContext application, String server, String path) {
        String port = application.getEnvironment().getProperty("local." + server + ".port");
        return URI.create("http://127.0.0.1:" + Objects.requireNonNull(port) + path);
    }

    private static HttpRequest request(URI address, String accepted) {
        return HttpRequest.newBuilder(address).header("Accept", accepted).build();
    }

    private HttpResponse<String> get(ConfigurableApplicationContext application, String path) throws Exception {
        return get(application, path, "*/*");
    }

    private HttpResponse<String> get(ConfigurableApplicationContext application, String path, String accepted)
            throws Exception {
        return http.send(request(uri(application, "server", path), accepted), HttpResponse.BodyHandlers.ofString());
    }

    private int get(ConfigurableApplicationContext application, URI address) throws Exception {
        assertThat(application.isActive()).isTrue();
        return http.send(request(address, "*/*"), HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }
}
