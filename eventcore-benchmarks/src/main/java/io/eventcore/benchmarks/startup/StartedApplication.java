package io.eventcore.benchmarks.startup;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * An application that does nothing but start, and prints how many microseconds that took, and how many of the
 * processor the whole process took. Knows nothing of the library,
 * so that it also starts without it on the class path.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class StartedApplication {
    static final String RESULT = "started, microseconds: ";

    /** Starts it. */
    public static void main(String[] arguments) {
        long begin = System.nanoTime();
        try (ConfigurableApplicationContext application = SpringApplication.run(StartedApplication.class, arguments)) {
            long taken = System.nanoTime() - begin;
            boolean found = application.containsBean("eventStore");
            long processor = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                    .getProcessCpuTime();
            System.out.println(RESULT + taken / 1_000 + " " + processor / 1_000
                    + (found ? " with an event store" : " without an event store"));
        }
    }
}
