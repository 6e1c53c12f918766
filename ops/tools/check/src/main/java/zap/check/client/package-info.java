/**
 * The suite of checks against any client: it takes the server's part in a conversation, has a person or a process drive
 * the client, and judges what has come.
 *
 * <p><b>Called by:</b> {@link zap.check.CheckProgram}.
 *
 * <p><b>Read first:</b> {@link zap.check.client.Act} are the steps, {@link zap.check.client.ClientCatalogue} lists the
 * checks; {@link zap.check.client.Conversation} answers the client and writes down what happens; {@link
 * zap.check.client.ClientSuite} plays the steps, and {@link zap.check.client.Judges} look at the conversation when it
 * has ended.
 *
 * <p><b>Change with care:</b> the numbers of checks are cited by other people: a check that goes takes its number with
 * it. A judge compares only what its sentence names, so that one mistake of a client is one ✗.
 *
 * <p><b>Guarded by:</b> {@code FaultyClientsIT} (each mistake is found by the check that names it and by no unrelated
 * one), {@code CheckTextsTest} (both languages), {@code CheckedClientIT} (zap's own client passes).
 */
@NullMarked
package zap.check.client;

import org.jspecify.annotations.NullMarked;
