package io.eventcore.autoconfigure;

/** Personal data cannot be protected by the master keys of the application. Shows no key. */
final class PersonalDataKeyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String remedy;

    /**
     * @param problem a sentence without its full stop
     * @param remedy what to do
     */
    PersonalDataKeyException(String problem, String remedy) {
        super(problem);
        this.remedy = remedy;
    }

    String remedy() {
        return remedy;
    }
}
