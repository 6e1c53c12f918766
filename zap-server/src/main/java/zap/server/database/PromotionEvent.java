package zap.server.database;

/**
 * A standby has been promoted: the external database's primary is another one than before.
 *
 * @param timeline the timeline of the new primary
 */
public record PromotionEvent(long timeline) {}
