package io.eventcore.jdbc;

class H2ReactionTest extends JdbcReactionContract {
    H2ReactionTest() {
        super(H2Database.INSTANCE);
    }
}
