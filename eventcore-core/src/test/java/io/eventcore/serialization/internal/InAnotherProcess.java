package io.eventcore.serialization.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.serialization.EventJson;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Hashes of commands as a process of its own finds them: its salt for the order of sets and maps is another one. */
final class InAnotherProcess {
    private InAnotherProcess() {}

    public static void main(String[] arguments) {
        hashesHere().forEach(System.out::println);
    }

    static List<String> hashesHere() {
        CanonicalJson json = new CanonicalJson(EventJson.builder().build());
        return Stream.concat(
                        CanonicalJsonTest.equal().map(CanonicalJsonTest.Pair::one),
                        OrdinaryCommands.hashes().keySet().stream())
                .map(json::hash)
                .toList();
    }

    static List<String> hashes(String timeZone) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Duser.timezone=" + timeZone,
                        "-cp",
                        System.getProperty("java.class.path"),
                        InAnotherProcess.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output.lines().toList();
    }
}
