package zap.server.mailbox;

/**
 * A statement in two forms, because Citus refuses one of them, or because the other one costs more on a plain
 * PostgreSQL. All other statements have one form that both take. {@code CitusShapesTest} checks what Citus is given.
 *
 * @param postgresql the form for a PostgreSQL
 * @param citus the form for Citus, with the same result
 */
record StatementForm(String postgresql, String citus) {

    /** Returns the form for this engine. */
    String on(DatabaseEngine engine) {
        return engine.isCitus() ? citus : postgresql;
    }
}
