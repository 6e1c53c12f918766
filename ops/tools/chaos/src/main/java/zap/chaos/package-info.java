/**
 * Real clients and a real server, in processes of their own, with a link between them that breaks, and both sides
 * killed: afterwards every promise is checked against what each sender was told. Started by {@code ./zap chaos}; a
 * short form is {@code ChaosIT}.
 *
 * <p>A <em>run</em> is a second or two of traffic and faults, all decided by a seed, then quiet, then judgement. A
 * {@code World} lasts for many runs: a server with its database, or several nodes on one database with a standby
 * ({@code Backend}), and a few participants.
 *
 * <p>With {@code --rate} there is another kind of run ({@code CrowdRun}): many light clients in this process load
 * several nodes, and each message is judged while it arrives ({@code CrowdJudge}, guarded by {@code CrowdJudgeTest}).
 */
@NullMarked
package zap.chaos;

import org.jspecify.annotations.NullMarked;
