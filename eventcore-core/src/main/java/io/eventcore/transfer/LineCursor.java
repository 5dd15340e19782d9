package io.eventcore.transfer;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;

/** Reads the members of a line in the order in which {@link LogLines} writes them. Not safe for concurrent use. */
final class LineCursor {
    private final byte[] line;
    private final int end;
    private int at;

    /** At the beginning of a line, which has this length. */
    LineCursor(byte[] line, int end) {
        this.line = line;
        this.end = end;
    }

    /** A line that is not as it should be. */
    static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message);
        }
    }

    int at() {
        return at;
    }

    /** Passes a text if it stands here. */
    boolean passes(String text) {
        if (end - at < text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (line[at + i] != text.charAt(i)) {
                return false;
            }
        }
        at += text.length();
        return true;
    }

    void pass(String text) throws MalformedException {
        if (!passes(text)) {
            throw new MalformedException("expected %s at byte %d".formatted(text, at + 1));
        }
    }

    void passEnd(String text) throws MalformedException {
        pass(text);
        if (at != end) {
            throw new MalformedException("more follows after byte " + at);
        }
    }

    long number() throws MalformedException {
        int from = at;
        while (at < end && line[at] >= '0' && line[at] <= '9') {
            at++;
        }
        // A number has one spelling, so that two files of one log have the same bytes.
        boolean canonical = at > from && at - from <= 19 && (line[from] != '0' || at == from + 1);
        try {
            if (canonical) {
                return Long.parseLong(new String(line, from, at - from, StandardCharsets.US_ASCII));
            }
        } catch (NumberFormatException tooLarge) {
            // As any other that is none.
        }
        throw new MalformedException("expected a number at byte " + (from + 1));
    }

    /** So many characters, none of which needs more than a byte. */
    String digits(int count) throws MalformedException {
        if (end - at < count) {
            throw new MalformedException("expected %d digits at byte %d".formatted(count, at + 1));
        }
        at += count;
        return new String(line, at - count, count, StandardCharsets.ISO_8859_1);
    }

    /** A text in quotes. */
    String text() throws MalformedException {
        int from = at;
        pass("\"");
        boolean escaped = false;
        while (at < end && line[at] != '"') {
            escaped |= line[at] == '\\';
            at += line[at] == '\\' ? 2 : 1;
        }
        pass("\"");
        return escaped ? unescaped(from) : decoded(from + 1, at - 1);
    }

    /** What is not UTF-8 would become another text without a word. */
    private String decoded(int from, int to) throws MalformedException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(line, from, to - from))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedException("the text at byte %d is not UTF-8".formatted(from));
        }
    }

    private String unescaped(int from) throws MalformedException {
        String text;
        try (JsonParser parser = LogLines.JSON.createParser(ObjectReadContext.empty(), line, from, at - from)) {
            parser.nextToken();
            text = parser.getString();
        } catch (JacksonException e) {
            throw new MalformedException("expected a text at byte " + (from + 1));
        }
        if (text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            throw new MalformedException("the text at byte %d is not Unicode".formatted(from + 1));
        }
        return text;
    }

    /** An object whose members are texts. */
    byte[] flatObject() throws MalformedException {
        int from = at;
        pass("{");
        boolean quoted = false;
        while (at < end && (quoted || line[at] != '}')) {
            if (line[at] == '"') {
                quoted = !quoted;
            }
            at += quoted && line[at] == '\\' ? 2 : 1;
        }
        pass("}");
        return Arrays.copyOfRange(line, from, at);
    }

    /** All that is left but the last character, which closes the line. */
    byte[] restBut(char last) throws MalformedException {
        if (at >= end || line[end - 1] != last) {
            throw new MalformedException("expected %c at the end".formatted(last));
        }
        byte[] rest = Arrays.copyOfRange(line, at, end - 1);
        at = end;
        return rest;
    }
}
