package zap.server.mailbox;

import zap.protocol.Reason;

/**
 * A frame of a client's stream that was refused, as it is kept until its sender knows it (protocol section 3, refused).
 *
 * @param ordinal the frame's number in the stream, from 1
 */
record KeptRefusal(long client, long stream, long ordinal, Reason reason) {}
