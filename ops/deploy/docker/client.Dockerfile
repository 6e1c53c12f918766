# The client's image, from the sources alone:  docker build -f ops/deploy/docker/client.Dockerfile -t zap-client .
# A conversation with it:  docker run --rm -it -v zap-client:/zap/home zap-client --server HOST:7777

FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /src
COPY pom.xml ./
COPY .mvn .mvn
COPY zap-protocol zap-protocol
COPY zap-shell-client zap-shell-client
COPY zap-server/pom.xml zap-server/
COPY ops ops
RUN mvn -B -ntp -q package -pl zap-shell-client -am -Dmaven.test.skip=true -Dspotless.check.skip=true && \
    java -Djarmode=tools -jar zap-shell-client/target/zap-shell-client-*-boot.jar extract --destination /out && \
    mv /out/zap-shell-client-*.jar /out/zap-shell-client.jar

FROM eclipse-temurin:25-jre
RUN useradd --uid 10002 --no-create-home --home-dir /zap --shell /usr/sbin/nologin zap
WORKDIR /zap
COPY --from=build /out/lib lib
COPY --from=build /out/zap-shell-client.jar ./
COPY ops/deploy/docker/zap-client.sh /usr/local/bin/zap
COPY ops/deploy/docker/demo.sh /usr/local/bin/zap-demo
# A volume here keeps identity, contacts and messages; one that is made for it belongs to the user.
RUN chmod 755 /usr/local/bin/zap /usr/local/bin/zap-demo && mkdir home && chown zap home
USER zap
ENV ZAP_HOME=/zap/home
VOLUME /zap/home
ENTRYPOINT ["zap"]
