package zap.server.gateway.settings;

import java.net.InetAddress;

/**
 * An address, or a network in CIDR notation: {@code 10.0.0.5}, {@code 10.0.0.0/24}, {@code 2001:db8::/32}.
 *
 * @param first an address of it
 * @param bits how many leading bits all of its addresses have in common with that one
 */
public record AddressRange(InetAddress first, int bits) {

    /** Checks the number of bits. */
    public AddressRange {
        int all = first.getAddress().length * Byte.SIZE;
        if (bits < 0 || bits > all) {
            throw new IllegalArgumentException("%s has %s bits, so the number behind the slash must be 0 to %s, not %s"
                    .formatted(first.getHostAddress(), all, all, bits));
        }
    }

    /**
     * Reads an address or a network.
     *
     * @throws IllegalArgumentException when it is neither; names of hosts are not looked up
     */
    public static AddressRange of(String text) {
        String trimmed = text.strip();
        int slash = trimmed.indexOf('/');
        try {
            String literal = slash < 0 ? trimmed : trimmed.substring(0, slash);
            InetAddress address = InetAddress.ofLiteral(literal);
            if (literal.indexOf(':') < 0 && !literal.equals(address.getHostAddress())) {
                // The JDK takes 10.1 for 10.0.0.1, and others for 10.1.0.0.
                throw new IllegalArgumentException(literal + " is not an IPv4 address of four decimal numbers");
            }
            int bits = slash < 0
                    ? address.getAddress().length * Byte.SIZE
                    : Integer.parseInt(trimmed, slash + 1, trimmed.length(), 10);
            return new AddressRange(address, bits);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("The number behind the slash of " + trimmed + " is not a number", e);
        }
    }

    /** Returns whether the address belongs to it. */
    public boolean contains(InetAddress address) {
        byte[] mine = first.getAddress();
        byte[] other = address.getAddress();
        if (mine.length != other.length) {
            return false;
        }
        int whole = bits / Byte.SIZE;
        for (int i = 0; i < whole; i++) {
            if (mine[i] != other[i]) {
                return false;
            }
        }
        int rest = bits % Byte.SIZE;
        return rest == 0 || ((mine[whole] ^ other[whole]) & 0xFF) >>> (Byte.SIZE - rest) == 0;
    }

    @Override
    public String toString() {
        return first.getHostAddress() + "/" + bits;
    }
}
