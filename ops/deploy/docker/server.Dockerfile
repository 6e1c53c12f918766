# The server's image, from the sources alone:  docker build -f ops/deploy/docker/server.Dockerfile -t zap-server .
# What seldom changes lies below what often does: the libraries, then zap itself, then the cache of a start.

FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /src
COPY pom.xml ./
COPY .mvn .mvn
COPY db db
COPY zap-protocol zap-protocol
COPY zap-server zap-server
COPY zap-shell-client/pom.xml zap-shell-client/
COPY ops ops
RUN mvn -B -ntp -q package -pl zap-server -am -Dmaven.test.skip=true -Dspotless.check.skip=true && \
    java -Djarmode=tools -jar zap-server/target/zap-server-*-boot.jar extract --destination /out && \
    mv /out/zap-server-*.jar /out/zap-server.jar

FROM eclipse-temurin:25-jre AS run
RUN useradd --uid 10001 --no-create-home --home-dir /zap --shell /usr/sbin/nologin zap
WORKDIR /zap
COPY --from=build /out/lib lib
COPY --from=build /out/zap-server.jar ./
ENV ZAP_JVM="-XX:InitiatingHeapOccupancyPercent=70 -XX:-G1UseAdaptiveIHOP -XX:MetaspaceSize=128m -XX:+UseCompactObjectHeaders -XX:+ExitOnOutOfMemoryError --enable-native-access=ALL-UNNAMED -Xlog:aot*=off -Xlog:cds*=off"
COPY ops/deploy/docker/zap-server.sh /usr/local/bin/zap-server
RUN chmod 755 /usr/local/bin/zap-server

# A start is recorded on this very JVM, with a PostgreSQL of its own, as a user who is not root. Later starts take half the time.
FROM run AS record
COPY ops/deploy/docker/record-a-start.sh /
RUN mkdir /record && chown zap /record
USER zap
RUN bash /record-a-start.sh /record/start.aot

FROM run
COPY --from=record /record/start.aot ./
# For a volume in which a node keeps the timeline of its database: one that is made for it belongs to the user.
RUN mkdir var && chown zap var
USER zap
EXPOSE 7777 7778 7780
STOPSIGNAL SIGTERM
ENTRYPOINT ["zap-server"]
