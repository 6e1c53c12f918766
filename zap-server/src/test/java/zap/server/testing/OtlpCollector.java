package zap.server.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** A collector of traces: accepts OTLP/HTTP, and reads the small part of protobuf that spans use. */
public final class OtlpCollector implements AutoCloseable {

    private static final int OK = 200;

    // The kinds of protobuf's fields.
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final HttpServer http;
    private final List<byte[]> requests = new CopyOnWriteArrayList<>();
    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private volatile int answer = OK;

    /**
     * A span, and its service.
     *
     * @param parent the parent's id; empty when it is the first of its trace
     * @param start nanoseconds since 1970
     * @param end nanoseconds since 1970
     * @param attributes of the span
     * @param events their names
     * @param service attributes of the service
     */
    public record Span(
            String trace,
            String id,
            String parent,
            String name,
            long start,
            long end,
            Map<String, String> attributes,
            List<String> events,
            Map<String, String> service) {}

    public OtlpCollector() {
        try {
            http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        http.createContext("/v1/traces", this::take);
        http.start();
    }

    /** Returns the address to which traces are sent. */
    public String endpoint() {
        return "http://127.0.0.1:" + http.getAddress().getPort() + "/v1/traces";
    }

    /** Sets the status of its answers from now on. It does not read a request that it refuses. */
    public void answersWith(int status) {
        answer = status;
    }

    /** Returns all spans that have come, in the order of their arrival. */
    public List<Span> spans() {
        return List.copyOf(spans);
    }

    /** Returns whether any request contained this text. */
    public boolean hasHeard(String text) {
        return requests.stream().anyMatch(request -> new String(request, UTF_8).contains(text));
    }

    private void take(HttpExchange exchange) throws IOException {
        byte[] request = exchange.getRequestBody().readAllBytes();
        if (answer == OK) {
            requests.add(request);
            read(request);
        }
        exchange.sendResponseHeaders(answer, -1);
        exchange.close();
    }

    /**
     * Reads a request, as in opentelemetry/proto/trace/v1/trace.proto: requests have resources, these have scopes, and
     * these have spans.
     */
    private void read(byte[] request) {
        for (ByteBuffer ofResource : fields(ByteBuffer.wrap(request)).bytes(1)) {
            Fields resource = fields(ofResource);
            var service = new HashMap<String, String>();
            resource.bytes(1)
                    .forEach(one -> service.putAll(attributes(fields(one).bytes(1))));
            for (ByteBuffer ofScope : resource.bytes(2)) {
                for (ByteBuffer span : fields(ofScope).bytes(2)) {
                    Fields fields = fields(span);
                    spans.add(new Span(
                            hex(fields.bytes(1)),
                            hex(fields.bytes(2)),
                            hex(fields.bytes(4)),
                            text(fields.bytes(5)),
                            fields.number(7),
                            fields.number(8),
                            attributes(fields.bytes(9)),
                            fields.bytes(11).stream()
                                    .map(event -> text(fields(event).bytes(2)))
                                    .toList(),
                            service));
                }
            }
        }
    }

    private static Map<String, String> attributes(List<ByteBuffer> pairs) {
        var attributes = new HashMap<String, String>();
        for (ByteBuffer pair : pairs) {
            Fields fields = fields(pair);
            Fields value = fields(fields.bytes(2).getFirst());
            attributes.put(
                    text(fields.bytes(1)),
                    value.bytes(1).isEmpty()
                            ? String.valueOf(value.numbers.values().iterator().next())
                            : text(value.bytes(1)));
        }
        return attributes;
    }

    private static String hex(List<ByteBuffer> values) {
        return values.isEmpty() ? "" : HexFormat.of().formatHex(bytes(values.getFirst()));
    }

    private static String text(List<ByteBuffer> values) {
        return new String(bytes(values.getFirst()), UTF_8);
    }

    private static byte[] bytes(ByteBuffer value) {
        byte[] bytes = new byte[value.remaining()];
        value.duplicate().get(bytes);
        return bytes;
    }

    /** The fields of a protobuf message, by their numbers. */
    private record Fields(Map<Integer, List<ByteBuffer>> ofBytes, Map<Integer, Long> numbers) {

        List<ByteBuffer> bytes(int number) {
            return ofBytes.getOrDefault(number, List.of());
        }

        long number(int number) {
            return numbers.getOrDefault(number, 0L);
        }
    }

    private static Fields fields(ByteBuffer message) {
        ByteBuffer rest = message.slice().order(ByteOrder.LITTLE_ENDIAN);
        var fields = new Fields(new HashMap<>(), new HashMap<>());
        while (rest.hasRemaining()) {
            long tag = varint(rest);
            int number = (int) (tag >>> 3);
            switch ((int) tag & 7) {
                case VARINT -> fields.numbers.put(number, varint(rest));
                case FIXED64 -> fields.numbers.put(number, rest.getLong());
                case FIXED32 -> fields.numbers.put(number, (long) rest.getInt());
                case BYTES -> {
                    int length = (int) varint(rest);
                    fields.ofBytes
                            .computeIfAbsent(number, _ -> new ArrayList<>())
                            .add(rest.slice(rest.position(), length));
                    rest.position(rest.position() + length);
                }
                default -> throw new IllegalArgumentException("No protobuf: " + tag);
            }
        }
        return fields;
    }

    private static long varint(ByteBuffer bytes) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = bytes.get();
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
