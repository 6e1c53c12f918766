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

/** Who may see and do what over the actuator: health and metrics are for everybody who reaches it, administration for whoever has the token. */
@Configuration(proxyBeanMethods = false)
class AdminSecurity {

    /** The user's name; what counts is the token, which is the password. */
    static final String USER = "admin";

    @Bean
    PasswordEncoder passwordEncoder() {
        return new BCryptPasswordEncoder();
    }

    /** With no token there is nobody who may administer. */
    @Bean
    UserDetailsService administrators(AdminProperties properties, Database database, PasswordEncoder encoder)
            throws IOException {
        @Nullable String token = properties.token();
        Optional<String> made = token == null || token.isBlank() ? database.adminToken() : Optional.of(token);
        // To encode it takes long on purpose: whoever never administers does not wait for that at the start.
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
                // Nothing is remembered between two requests, so there is nothing that another site could make use of.
                .csrf(csrf -> csrf.disable())
                .sessionManagement(sessions -> sessions.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .build();
    }
}
