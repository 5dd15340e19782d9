package io.eventcore.sample.bank;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.web.ConsistencyToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Speaks to a bank over HTTP, as its customers do. Safe for any number of threads. */
final class BankClient {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();
    private final String base;

    BankClient(int port) {
        this.base = "http://localhost:" + port;
    }

    /** What the bank answered. */
    record Answer(int status, String contentType, String location, String token, String text) {
        JsonNode body() {
            return JSON.readTree(text);
        }
    }

    /**
     * Asks.
     *
     * @throws UncheckedIOException if there is no answer
     */
    Answer get(String path) {
        return send(HttpRequest.newBuilder(URI.create(base + path)).GET());
    }

    /**
     * Asks, and wants to see what a command has done.
     *
     * @throws UncheckedIOException if there is no answer
     */
    Answer get(String path, String token) {
        return send(HttpRequest.newBuilder(URI.create(base + path))
                .header(ConsistencyToken.HEADER, token)
                .GET());
    }

    /**
     * Sends JSON.
     *
     * @throws UncheckedIOException if there is no answer
     */
    Answer post(String path, String json) {
        return post(path, "application/json", json);
    }

    /**
     * Sends a body of some media type.
     *
     * @throws UncheckedIOException if there is no answer
     */
    Answer post(String path, String mediaType, String body) {
        return send(HttpRequest.newBuilder(URI.create(base + path))
                .header("Content-Type", mediaType)
                .POST(BodyPublishers.ofString(body)));
    }

    private Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response = http.send(request.timeout(PATIENCE).build(), BodyHandlers.ofString());
            return new Answer(
                    response.statusCode(),
                    response.headers().firstValue("Content-Type").orElse(""),
                    response.headers().firstValue("Location").orElse(""),
                    response.headers().firstValue(ConsistencyToken.HEADER).orElse(""),
                    response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for an answer", e);
        }
    }

    /** Opens an account and returns its id. */
    String open(String owner) {
        Answer answer = post("/api/accounts", "{\"owner\":\"%s\"}".formatted(owner));
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
        return answer.body().get("id").asString();
    }

    /** Puts money on an account. */
    Answer deposit(String account, long cents) {
        return post("/api/accounts/" + account + "/deposits", "{\"cents\":%d}".formatted(cents));
    }

    /** Takes money from an account. */
    Answer withdraw(String account, long cents) {
        return post("/api/accounts/" + account + "/withdrawals", "{\"cents\":%d}".formatted(cents));
    }

    /** Moves money. */
    Answer transfer(String from, String to, long cents) {
        return post("/api/transfers", "{\"from\":\"%s\",\"to\":\"%s\",\"cents\":%d}".formatted(from, to, cents));
    }

    /** The whole log, read page by page. */
    List<JsonNode> log() {
        List<JsonNode> all = new ArrayList<>();
        long after = 0;
        while (true) {
            Answer answer = get("/api/events?limit=1000&after=" + after);
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            answer.body().get("events").forEach(all::add);
            if (answer.body().get("endReached").asBoolean()) {
                return all;
            }
            after = answer.body().get("continueAfter").asLong();
        }
    }
}
