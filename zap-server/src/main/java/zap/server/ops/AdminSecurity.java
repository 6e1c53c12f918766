package zap.server.ops;

import java.io.IOException;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.core.userdetails.UsernameNotFoundException;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.util.function.SingletonSupplier;
import zap.server.database.Database;

/**
 * The access rules of the actuator: health and metrics are open to every request that reaches it, administration needs
 * the token.
 */
@Configuration(proxyBeanMethods = false)
class AdminSecurity {

    /** The user's name. It is fixed; the token is the password. */
    static final String USER = "admin";

    @Bean
    PasswordEncoder passwordEncoder() {
        return new BCryptPasswordEncoder();
    }

    /** Returns the administrator with the token, or no user at all when there is no token. */
    @Bean
    UserDetailsService administrators(AdminProperties properties, Database database, PasswordEncoder encoder)
            throws IOException {
        @Nullable String token = properties.token();
        Optional<String> made = token == null || token.isBlank() ? database.adminToken() : Optional.of(token);
        // Encoding takes long on purpose, so it is done at the first use and not at the start.
        Optional<Supplier<String>> password = made.map(secret -> SingletonSupplier.of(() -> encoder.encode(secret)));
        return name -> password.filter(_ -> name.equalsIgnoreCase(USER))
                .map(encoded -> User.withUsername(USER)
                        .password(encoded.get())
                        .roles("ADMIN")
                        .build())
                .orElseThrow(() -> new UsernameNotFoundException(name));
    }

    @Bean
    SecurityFilterChain actuator(HttpSecurity http) {
        return http.authorizeHttpRequests(
                        requests -> requests.requestMatchers(EndpointRequest.to("health", "info", "prometheus"))
                                .permitAll()
                                .anyRequest()
                                .hasRole("ADMIN"))
                .httpBasic(Customizer.withDefaults())
                // No state is kept between two requests, so another site has nothing to exploit.
                .csrf(csrf -> csrf.disable())
                .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .build();
    }
}
