package io.eventcore.autoconfigure;

/** The master keys of the application cannot protect personal data. Shows no key. */
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
