package zap.check.server;

import java.util.ArrayList;
import java.util.List;

/** All checks, in the order of their numbers. */
public final class Catalogue {

    private Catalogue() {}

    public static List<ServerCheck> all() {
        var all = new ArrayList<ServerCheck>();
        all.addAll(RegisterChecks.chapter().checks());
        all.addAll(ConnectChecks.chapter().checks());
        all.addAll(OnlineChecks.chapter().checks());
        all.addAll(OfflineChecks.chapter().checks());
        all.addAll(DeliveredChecks.chapter().checks());
        all.addAll(ReadChecks.chapter().checks());
        all.addAll(GroupChecks.chapter().checks());
        all.addAll(TextChecks.chapter().checks());
        all.addAll(FramingChecks.chapter().checks());
        all.addAll(SeveralClientsChecks.chapter().checks());
        all.addAll(BadInputChecks.chapter().checks());
        return all;
    }
}
