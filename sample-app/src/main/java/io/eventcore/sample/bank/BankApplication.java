package io.eventcore.sample.bank;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** A small bank whose only memory is its events. */
@SpringBootApplication
public class BankApplication {
    /** Starts the bank. */
    public static void main(String[] arguments) {
        SpringApplication.run(BankApplication.class, arguments);
    }
}
