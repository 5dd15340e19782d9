package io.eventcore.test.library;

import org.springframework.stereotype.Service;

/** Needs what no test of events has. */
@Service
class LetterService {
    LetterService(Runnable postOffice) {
        postOffice.run();
    }
}
