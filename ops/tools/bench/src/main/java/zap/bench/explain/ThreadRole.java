package zap.bench.explain;

/** The work of a thread, as far as its name tells. */
enum ThreadRole {
    WRITER("the writer", true),
    CARRIER("carriers", true),
    COMPILER("JIT compiler", true),
    COLLECTOR("collector", true),
    SERVER_OTHER("other threads of the server", false),
    BACKEND("backends", true),
    CHECKPOINTER("checkpointer", true),
    DATABASE_OTHER("other processes of PostgreSQL", false),
    GENERATOR("load generator", true),
    GENERATOR_OTHER("the load generator's JVM", false),
    SAMPLER("this sampling", true);

    private final String title;
    private final boolean alwaysSampled;

    ThreadRole(String title, boolean alwaysSampled) {
        this.title = title;
        this.alwaysSampled = alwaysSampled;
    }

    /** Returns the role in words. */
    String title() {
        return title;
    }

    /** Returns whether it is read at every sample, also if it did nothing lately. */
    boolean isAlwaysSampled() {
        return alwaysSampled;
    }

    /** Returns the role of a thread of the server's JVM. Linux keeps 15 characters of its name. */
    static ThreadRole ofServer(String name) {
        if (name.startsWith("mailbox-writer")) {
            return WRITER;
        }
        if (name.startsWith("ForkJoinPool-1-") || name.contains("-Poller")) {
            return CARRIER;
        }
        if (name.startsWith("C1 Compiler") || name.startsWith("C2 Compiler")) {
            return COMPILER;
        }
        return name.startsWith("G1 ") || name.startsWith("GC Thread") || name.startsWith("VM Thread")
                ? COLLECTOR
                : SERVER_OTHER;
    }

    /** Returns the role of a thread of this JVM. */
    static ThreadRole ofGenerator(String name) {
        if (name.startsWith("load-") || name.equals("java") || name.equals("main")) {
            return GENERATOR;
        }
        if (name.startsWith(ThreadSampler.NAME) || name.startsWith(DatabaseSampler.NAME)) {
            return SAMPLER;
        }
        return GENERATOR_OTHER;
    }

    /** Returns the role of a process of PostgreSQL, by the title that it gives itself. */
    static ThreadRole ofDatabase(String title) {
        if (title.contains("checkpointer")) {
            return CHECKPOINTER;
        }
        return title.startsWith("postgres: zap ") ? BACKEND : DATABASE_OTHER;
    }
}
