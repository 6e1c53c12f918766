package zap.server.mailbox;

import zap.protocol.Reason;

/**
 * A refused frame of a client's stream, kept until its sender knows of the refusal (protocol section 3, refused).
 *
 * @param ordinal the frame's number in the stream, from 1
 */
record KeptRefusal(long client, long stream, long ordinal, Reason reason) {}
