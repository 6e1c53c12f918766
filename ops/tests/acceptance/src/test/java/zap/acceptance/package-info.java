/**
 * The whole, as people use it: the zap script, a real server with its own PostgreSQL, and real clients in a terminal.
 * Nothing here knows a class of the server's or the client's; what it knows is what they read, and what they type.
 *
 * <p>The harness: {@link zap.acceptance.Checkout} is what is started, {@link zap.acceptance.RealServer} the server that
 * all tests share, {@link zap.acceptance.Person} somebody with a profile, {@link zap.acceptance.TerminalWindow} what
 * that person looks at.
 */
package zap.acceptance;
