package io.eventcore.benchmarks.startup;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * An application that only starts. It prints how many microseconds the start took, and how many microseconds of
 * processor time the whole process took. It does not refer to the library, so that it also starts without the library
 * on the class path.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class StartedApplication {
    static final String OPENS_DATA_SOURCE = "start.opens-data-source";
    static final String RESULT = "started, microseconds: ";

    /** Starts the application. */
    public static void main(String[] arguments) throws SQLException {
        long begin = System.nanoTime();
        try (ConfigurableApplicationContext application = SpringApplication.run(StartedApplication.class, arguments)) {
            if (application.getEnvironment().getProperty(OPENS_DATA_SOURCE, Boolean.class, false)) {
                application.getBean(DataSource.class).getConnection().close();
            }
            long taken = System.nanoTime() - begin;
            boolean found = application.containsBean("eventStore");
            long processor = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                    .getProcessCpuTime();
            System.out.println(RESULT + taken / 1_000 + " " + processor / 1_000
                    + (found ? " with an event store" : " without an event store"));
        }
    }
}
