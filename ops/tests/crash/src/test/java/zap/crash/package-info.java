/**
 * Tests with real failures: server processes that are killed, a PostgreSQL that goes away. Programs go on sending and
 * receiving meanwhile ({@link zap.crash.Correspondent}), and at the end the tables are compared with what each of them
 * has sent and heard ({@link zap.crash.Correspondence}).
 */
package zap.crash;
