-- The read model of the projection "balances".
CREATE TABLE IF NOT EXISTS balance (
    account VARCHAR(255) PRIMARY KEY,
    owner   VARCHAR(400) NOT NULL,
    cents   BIGINT       NOT NULL
);

-- The read model of the projection "open-offers".
CREATE TABLE IF NOT EXISTS open_offer (
    offer     VARCHAR(36)              PRIMARY KEY,
    account   VARCHAR(255)             NOT NULL,
    recipient VARCHAR(255)             NOT NULL,
    cents     BIGINT                   NOT NULL,
    accept_by TIMESTAMP WITH TIME ZONE NOT NULL
);
