#!/usr/bin/env bash
# Prints what the starter adds to the start of an application, events in memory and in H2.
#   startup.sh [ROUNDS]   by default 15, about two minutes
# MVN adds arguments to Maven.
set -euo pipefail
cd "$(dirname "$0")/.."
mvn -q ${MVN:-} -Pbenchmark-peers -pl eventcore-benchmarks -am package -DskipTests -Dspotless.check.skip=true
cd eventcore-benchmarks
libraries=$(printf ':%s' target/lib/*.jar)
exec java -cp "target/classes$libraries" io.eventcore.benchmarks.startup.StartUpBenchmark "$@"
