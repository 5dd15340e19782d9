CREATE TABLE IF NOT EXISTS concert (
    id    VARCHAR(255) PRIMARY KEY,
    title VARCHAR(200) NOT NULL,
    seats INTEGER      NOT NULL,
    sold  INTEGER      NOT NULL
);
