package io.eventcore.test.orders;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;

@Entity
class OrderRow {
    @Id
    private String id = "";

    private String article = "";

    /** For JPA. */
    OrderRow() {}

    OrderRow(String id, String article) {
        this.id = id;
        this.article = article;
    }

    String article() {
        return article;
    }
}
