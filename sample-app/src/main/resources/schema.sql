-- The read model of the projection "balances".
CREATE TABLE IF NOT EXISTS balance (
    account VARCHAR(255) PRIMARY KEY,
    owner   VARCHAR(400) NOT NULL,
    cents   BIGINT       NOT NULL
);
