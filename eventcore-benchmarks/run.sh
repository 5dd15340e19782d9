#!/usr/bin/env bash
# Measures the store against the limit of the database and against peers: see docs/performance.md.
#   run.sh                 all rows, about forty minutes
#   run.sh --rows 1,2,7    some rows
#   run.sh --rows m1       a million events to a file and back, in processes of 128 MB
#   run.sh --smoke         shows that the driver works, in about a minute; measures nothing
#   run.sh --big           ten million events instead of one
#   run.sh --no-peers      without the peers
#   run.sh --mariadb URL   with a MariaDB that runs at this JDBC URL
#   run.sh --plots FOLDER  where the pictures go; unless set, to target/plots
# BENCHMARK_JDK names the JDK that runs it; unless set, the newest one found. Axon Framework 5 needs Java 21.
# MVN adds arguments to the call of Maven.
set -euo pipefail
cd "$(dirname "$0")/.."

java_version() { "$1/bin/java" -XshowSettings:properties -version 2>&1 | sed -n 's/.*java.specification.version = //p'; }

if [ -z "${BENCHMARK_JDK:-}" ]; then
    BENCHMARK_JDK=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
    for candidate in /usr/lib/jvm/*/; do
        if [ -x "$candidate/bin/javac" ] && [ "$(java_version "${candidate%/}")" -gt "$(java_version "$BENCHMARK_JDK")" ]; then
            BENCHMARK_JDK=${candidate%/}
        fi
    done
fi

profiles=benchmark-peers
modules=eventcore-benchmarks,eventcore-benchmarks/peer-axon4
if [ "$(java_version "$BENCHMARK_JDK")" -ge 21 ]; then
    profiles=$profiles,benchmark-peers-java-21
    modules=$modules,eventcore-benchmarks/peer-axon5
fi
read -ra arguments <<<"${MVN:-}"
mvn -q "${arguments[@]}" -P"$profiles" -Dbenchmark.jdk="$BENCHMARK_JDK" -pl "$modules" -am package -DskipTests -Dspotless.check.skip=true

cd eventcore-benchmarks
exec "$BENCHMARK_JDK/bin/java" -Xmx3g -Deventcore.bench.peers=target/peers -cp 'target/classes:target/lib/*' \
    io.eventcore.benchmarks.load.LoadBenchmark "$@"
