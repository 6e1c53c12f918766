package zap.server.testing;

import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;

/**
 * The beans that a {@link ZapServerTest} adds to the server. It has no annotation, because the component scan of a
 * {@link RunningServer} would find a {@code @TestConfiguration} in this package.
 */
class DatabaseForTest {

    @Bean
    TestPostgres.Database databaseForTest() {
        return TestPostgres.newDatabase();
    }

    @Bean
    TestedServer testedServer(ApplicationContext context, TestPostgres.Database databaseForTest) {
        return new TestedServer(databaseForTest) {
            @Override
            protected ApplicationContext context() {
                return context;
            }
        };
    }
}
