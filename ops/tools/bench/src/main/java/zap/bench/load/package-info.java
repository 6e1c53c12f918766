/**
 * The modes: what load is put on a target, and what is read off meanwhile. Each mode makes users of its own for every
 * run, so that no run finds anything of the one before.
 */
@NullMarked
package zap.bench.load;

import org.jspecify.annotations.NullMarked;
