/**
 * The key that proves the client's identity (protocol section 3, identity): generated here, kept in the profile, and
 * moved to another computer in a file that a passphrase protects.
 *
 * <p>Called by {@code store}, {@code chat}, {@code connection} and {@code command}. Knows neither sockets nor screens.
 * Guarded by {@code IdentityFileTest}.
 */
@NullMarked
package zap.shell.identity;

import org.jspecify.annotations.NullMarked;
