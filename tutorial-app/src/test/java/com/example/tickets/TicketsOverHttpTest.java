package com.example.tickets;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.web.ConsistencyToken;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.test.web.servlet.assertj.MvcTestResult;
import org.springframework.web.context.WebApplicationContext;

@SpringBootTest(properties = "spring.datasource.url=jdbc:h2:mem:tickets")
class TicketsOverHttpTest {
    private final MockMvcTester http;
    private final JdbcClient jdbc;

    @Autowired
    TicketsOverHttpTest(WebApplicationContext application, JdbcClient jdbc) {
        this.http = MockMvcTester.from(application);
        this.jdbc = jdbc;
    }

    @Test
    void the_last_ticket_is_sold_once() {
        assertThat(put("/concerts/concert-1", "{\"title\":\"Nina\",\"seats\":1}"))
                .hasStatus(HttpStatus.CREATED);

        MvcTestResult sold = post("/concerts/concert-1/tickets", "{\"buyer\":\"Ada\"}");
        assertThat(sold).hasStatus(HttpStatus.CREATED);

        // The query brings the token of the command back, so it waits until the list knows of the sale.
        assertThat(http.get()
                        .uri("/concerts")
                        .header(ConsistencyToken.HEADER, sold.getResponse().getHeader(ConsistencyToken.HEADER)))
                .hasStatusOk()
                .bodyJson()
                .isStrictlyEqualTo("[{\"id\":\"concert-1\",\"title\":\"Nina\",\"seats\":1,\"sold\":1}]");

        assertThat(post("/concerts/concert-1/tickets", "{\"buyer\":\"Bob\"}"))
                .hasStatus(HttpStatus.UNPROCESSABLE_CONTENT)
                .hasContentType(MediaType.APPLICATION_PROBLEM_JSON)
                .bodyJson()
                .isStrictlyEqualTo(
                        "{\"detail\":\"Sold out\",\"instance\":\"/concerts/concert-1/tickets\",\"status\":422,\"title\":\"Unprocessable Content\"}");

        assertThat(jdbc.sql("SELECT payload FROM eventcore_event ORDER BY position")
                        .query(String.class)
                        .list())
                .containsExactly(
                        "{\"concert\":\"concert-1\",\"title\":\"Nina\",\"seats\":1}",
                        "{\"concert\":\"concert-1\",\"buyer\":\"Ada\"}");
    }

    private MvcTestResult put(String uri, String body) {
        return http.put()
                .uri(uri)
                .contentType(MediaType.APPLICATION_JSON)
                .content(body)
                .exchange();
    }

    private MvcTestResult post(String uri, String body) {
        return http.post()
                .uri(uri)
                .contentType(MediaType.APPLICATION_JSON)
                .content(body)
                .exchange();
    }
}
