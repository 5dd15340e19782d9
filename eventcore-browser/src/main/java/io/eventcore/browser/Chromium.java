package io.eventcore.browser;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.test.contract.Eventually;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One page in a headless Chromium, as a person uses it: by mouse, keyboard and eye. Speaks the DevTools protocol to the {@code chromium} of the
 * path, so there is no driver whose version must fit. For one thread.
 */
public final class Chromium implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int HEIGHT = 900;
    private static final long SECONDS = 60;
    private static final Map<String, Integer> KEYS =
            Map.of("Tab", 9, "Enter", 13, "Escape", 27, "ArrowLeft", 37, "ArrowRight", 39);

    private final Process process;
    private final WebSocket socket;
    private final Answers answers = new Answers();
    private final AtomicInteger calls = new AtomicInteger();
    private final String session;

    private Chromium(Process process, Path folder) throws IOException {
        this.process = process;
        Path port = folder.resolve("DevToolsActivePort");
        Eventually.until("Chromium listens", () -> !process.isAlive() || isWritten(port));
        List<String> place = Files.readAllLines(port);
        socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create("ws://127.0.0.1:" + place.get(0) + place.get(1)), answers)
                .join();
        String target = call("", "Target.createTarget", Map.of("url", "about:blank"))
                .get("targetId")
                .asString();
        session = call("", "Target.attachToTarget", Map.of("targetId", target, "flatten", true))
                .get("sessionId")
                .asString();
        List.of("Page", "Runtime", "Log").forEach(domain -> call(domain + ".enable", Map.of()));
    }

    /** Starts a Chromium that keeps what it writes in this folder, which must be empty. */
    public static Chromium start(Path folder) throws IOException {
        Process process = new ProcessBuilder(
                        "chromium",
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--hide-scrollbars",
                        "--no-first-run",
                        "--remote-debugging-port=0",
                        "--remote-allow-origins=*",
                        "--user-data-dir=" + folder,
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            return new Chromium(process, folder);
        } catch (IOException | RuntimeException | AssertionError e) {
            end(process);
            throw e;
        }
    }

    private static boolean isWritten(Path port) {
        try {
            return Files.exists(port) && Files.readAllLines(port).size() == 2;
        } catch (IOException e) {
            return false;
        }
    }

    /** Opens an address in a window of this width, by day or by night. */
    public void open(String address, int width, String scheme) {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", HEIGHT, "deviceScaleFactor", 1, "mobile", false));
        scheme(scheme);
        call("Page.navigate", Map.of("url", "about:blank"));
        await("the page before is gone", "location.href === 'about:blank'");
        answers.complaints.clear();
        call("Page.navigate", Map.of("url", address));
        await("the page is loaded", "location.href !== 'about:blank' && document.readyState === 'complete'");
    }

    /** {@code light} or {@code dark}. */
    public void scheme(String scheme) {
        call(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    /** What an expression of JavaScript comes to, after it has been waited for. */
    public JsonNode evaluate(String expression) {
        JsonNode answer =
                call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        assertThat(answer.get("exceptionDetails")).as(expression).isNull();
        JsonNode result = answer.get("result");
        return result.has("value") ? result.get("value") : JSON.nullNode();
    }

    /** Waits until an expression is true. */
    public void await(String what, String expression) {
        Eventually.until(what, () -> evaluate(expression).asBoolean(false), () -> text("body"));
    }

    /** The text of an element as it is shown. */
    public String text(String selector) {
        return evaluate("document.querySelector('%s').innerText".formatted(selector))
                .asString();
    }

    /** Clicks on the middle of an element, once nothing moves it any more; fails if something else lies above it. */
    public void click(String selector) {
        JsonNode middle = evaluate("""
                (async () => {
                  const element = document.querySelector('%s');
                  element.scrollIntoView({ block: 'center', behavior: 'instant' });
                  let box;
                  for (let before; !box || before.y !== box.y || before.x !== box.x;) {
                    before = box ?? {};
                    await new Promise(requestAnimationFrame);
                    box = element.getBoundingClientRect();
                  }
                  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                  return { x, y, free: element.contains(document.elementFromPoint(x, y)) };
                })()""".formatted(selector));
        assertThat(middle.get("free").asBoolean()).as(selector).isTrue();
        for (String type : List.of("mousePressed", "mouseReleased")) {
            call(
                    "Input.dispatchMouseEvent",
                    Map.of(
                            "type",
                            type,
                            "x",
                            middle.get("x").asDouble(),
                            "y",
                            middle.get("y").asDouble(),
                            "button",
                            "left",
                            "clickCount",
                            1));
        }
    }

    /** Types into what has the focus. */
    public void type(String text) {
        call("Input.insertText", Map.of("text", text));
    }

    /** Clicks into a field and types. */
    public void type(String selector, String text) {
        String hasFocus = "document.activeElement === document.querySelector('%s')".formatted(selector);
        // The page may draw itself anew between the look for the element and the click.
        Eventually.until(
                selector + " has the focus",
                () -> {
                    click(selector);
                    return evaluate(hasFocus).asBoolean(false);
                },
                () -> text("body"));
        evaluate("document.activeElement.select()");
        type(text);
    }

    /** Chooses by what a person reads. */
    public void choose(String selector, String option) {
        JsonNode chosen = evaluate("""
                (() => {
                  const select = document.querySelector('%s');
                  select.value = [...select.options].find((option) => option.text === '%s')?.value;
                  select.dispatchEvent(new Event('change', { bubbles: true }));
                  return select.value;
                })()""".formatted(selector, option));
        assertThat(chosen.asString()).as(option).isNotEmpty();
    }

    /** Presses {@code Tab}, {@code Enter}, {@code Escape}, {@code ArrowLeft} or {@code ArrowRight}. */
    public void press(String key) {
        for (String type : List.of("rawKeyDown", "char", "keyUp")) {
            if (!type.equals("char") || key.equals("Enter")) {
                call(
                        "Input.dispatchKeyEvent",
                        Map.of(
                                "type", type,
                                "key", key,
                                "code", key,
                                "text", key.equals("Enter") ? "\r" : "",
                                "windowsVirtualKeyCode", KEYS.get(key)));
            }
        }
    }

    /** Lets requests to these addresses wait, from now on. */
    public void hold(String pattern) {
        call("Fetch.enable", Map.of("patterns", List.of(Map.of("urlPattern", pattern))));
    }

    /** Waits until a request waits. */
    public void awaitHeld() {
        Eventually.until("a request waits", () -> !answers.held.isEmpty());
    }

    /** Lets them all go, and those to come. */
    public void release() {
        answers.held.forEach(request -> call("Fetch.continueRequest", Map.of("requestId", request)));
        answers.held.clear();
        call("Fetch.disable", Map.of());
    }

    /** What the browser has complained about since the page was opened: exceptions, refusals of the security policy. */
    public List<String> complaints() {
        return List.copyOf(answers.complaints);
    }

    /** The whole page, as a picture. */
    public void photograph(Path file) throws IOException {
        String picture = call("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true))
                .get("data")
                .asString();
        Files.createDirectories(file.getParent());
        Files.write(file, Base64.getDecoder().decode(picture));
    }

    /** Nothing has to be scrolled sideways to be read. */
    public void fits() {
        assertThat(evaluate("document.documentElement.scrollWidth <= innerWidth")
                        .asBoolean())
                .as("fits the width of the window")
                .isTrue();
    }

    /** Whatever can be operated has a name. */
    public void isLabelled() {
        assertThat(evaluate("""
                        [...document.querySelectorAll('input, select, button, summary, a[href], progress, [role=img]')]
                          .filter((element) => !(element.labels?.length > 0 || element.innerText?.trim()
                            || element.getAttribute('aria-label')))
                          .filter((element) => element.checkVisibility())
                          .map((element) => element.outerHTML)""")).isEmpty();
    }

    /** As WCAG 2.2 wants it: 4.5 to 1 for every text that is shown. */
    public void isReadable() {
        JsonNode pale = evaluate("""
                (() => {
                  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
                  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
                    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
                    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
                  const ground = (element) => {
                    for (let at = element; at; at = at.parentElement) {
                      const color = parse(getComputedStyle(at).backgroundColor);
                      if (color.length === 3 || color[3] === 1) return color;
                    }
                    return [255, 255, 255];
                  };
                  return [...document.querySelectorAll('body *')]
                    .filter((element) => element.checkVisibility()
                      && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
                    .map((element) => {
                      const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))];
                      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), element.outerHTML.slice(0, 80)];
                    })
                    .filter(([contrast]) => contrast < 4.5);
                })()""");
        assertThat(pale).isEmpty();
    }

    private JsonNode call(String method, Map<String, Object> parameters) {
        return call(session, method, parameters);
    }

    private JsonNode call(String inSession, String method, Map<String, Object> parameters) {
        int id = calls.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.awaited.put(id, answer);
        Map<String, Object> call = inSession.isEmpty()
                ? Map.of("id", id, "method", method, "params", parameters)
                : Map.of("id", id, "method", method, "params", parameters, "sessionId", inSession);
        socket.sendText(JSON.writeValueAsString(call), true).join();
        JsonNode answered = answer.orTimeout(SECONDS, TimeUnit.SECONDS).join();
        assertThat(answered.get("error")).as(method).isNull();
        return answered.get("result");
    }

    @Override
    public void close() {
        socket.abort();
        end(process);
    }

    private static void end(Process process) {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        // So that nobody writes into the folder any more.
        process.onExit().join();
        children.forEach(child -> child.onExit().join());
    }

    /** What comes from the browser. */
    private static final class Answers implements WebSocket.Listener {
        private final Map<Integer, CompletableFuture<JsonNode>> awaited = new ConcurrentHashMap<>();
        private final List<String> held = new CopyOnWriteArrayList<>();
        private final List<String> complaints = new CopyOnWriteArrayList<>();
        private final StringBuilder part = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            part.append(data);
            if (last) {
                JsonNode message = JSON.readTree(part.toString());
                part.setLength(0);
                take(message);
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }

        private void take(JsonNode message) {
            if (message.has("id")) {
                CompletableFuture<JsonNode> answer =
                        awaited.remove(message.get("id").asInt());
                if (answer != null) {
                    answer.complete(message);
                }
                return;
            }
            JsonNode parameters = message.get("params");
            switch (message.get("method").asString()) {
                case "Fetch.requestPaused" ->
                    held.add(parameters.get("requestId").asString());
                case "Runtime.exceptionThrown" ->
                    complaints.add(parameters.get("exceptionDetails").toString());
                case "Log.entryAdded" -> {
                    JsonNode entry = parameters.get("entry");
                    // That a request was refused is the application's answer, and for the page to show.
                    if (!entry.get("source").asString().equals("network")) {
                        complaints.add(entry.get("text").asString());
                    }
                }
                default -> {
                    // Whatever else happens in a browser.
                }
            }
        }
    }
}
