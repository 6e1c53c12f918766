/**
 * The key that proves who we are (protocol section 3, identity): made here, kept in the profile, moved to another machine in a file that a
 * passphrase protects. Knows neither sockets nor screens.
 */
@NullMarked
package zap.shell.identity;

import org.jspecify.annotations.NullMarked;
