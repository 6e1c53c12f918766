package zap.server;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The server process. */
@SpringBootApplication
public class ZapServer {

    public static void main(String[] args) {
        SpringApplication.run(ZapServer.class, args);
    }
}
