package io.eventcore.autoconfigure;

import io.eventcore.Event;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.CommandClasses;
import io.eventcore.command.Stream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Commands of one class for one stream, made to fold its events and not to be executed.
 *
 * <p>The component that names the stream has its id; the others have values that the class may or may not accept. There are two
 * commands with different values where that is possible: a fold that gives the same for both depends on the events alone.
 *
 * @param commands one or two
 * @param eventType the events that the class reads
 * @param name the class without its package
 * @param stateName the type of the state without its package
 */
record SampleCommand(
        List<Command<Object, Event>> commands, Class<? extends Event> eventType, String name, String stateName) {
    /** How deep records in records are filled. */
    private static final int DEPTH = 3;

    Command<Object, Event> one() {
        return commands.get(0);
    }

    /**
     * Commands of a class; empty if it rests on anything but one stream, accepts no values that we know, or is not well-formed:
     * its first execution says why.
     */
    static Optional<SampleCommand> of(Class<? extends Command<?, ?>> type, StreamId stream) {
        return Optional.ofNullable(Attempt.at(() -> made(type, stream)).value());
    }

    private static @Nullable SampleCommand made(Class<? extends Command<?, ?>> type, StreamId stream) {
        Field[] fields = Arrays.stream(type.getDeclaredFields())
                .filter(field -> !Modifier.isStatic(field.getModifiers()))
                .toArray(Field[]::new);
        List<Field> streams = Arrays.stream(fields)
                .filter(field -> field.isAnnotationPresent(Stream.class))
                .toList();
        if (streams.size() != 1 || streams.get(0).getType() != StreamId.class) {
            return null;
        }
        Class<? extends Event> eventType = CommandClasses.check(type);
        List<Command<Object, Event>> commands = new ArrayList<>();
        for (Filling filling : Filling.values()) {
            // Values that it refuses are no reason not to try others.
            Command<Object, Event> command =
                    Attempt.at(() -> make(type, fields, stream, filling)).value();
            if (command != null) {
                commands.add(command);
            }
        }
        return commands.isEmpty()
                ? null
                : new SampleCommand(
                        List.copyOf(commands),
                        eventType,
                        type.getSimpleName(),
                        simpleName(CommandClasses.stateType(type)));
    }

    private static boolean restsOn(Command<Object, Event> command, StreamId stream) {
        return command.streams().equals(Set.of(stream))
                && command.query().isEmpty()
                && command.discoverStreams(command.initialState()).isEmpty()
                && command.discoverQuery(command.initialState()).isEmpty();
    }

    /** A command with these values; null if it rests on anything but the stream. */
    @SuppressWarnings("unchecked") // Its states go back to it alone, and of events only those of its type.
    private static @Nullable Command<Object, Event> make(
            Class<? extends Command<?, ?>> type, Field[] fields, StreamId stream, Filling filling)
            throws ReflectiveOperationException {
        Class<?>[] types = Arrays.stream(fields).map(Field::getType).toArray(Class<?>[]::new);
        Object[] values = new Object[fields.length];
        for (int i = 0; i < fields.length; i++) {
            values[i] = fields[i].isAnnotationPresent(Stream.class)
                    ? stream
                    : filling.value(fields[i].getGenericType(), DEPTH);
        }
        Constructor<?> constructor = type.getDeclaredConstructor(types);
        constructor.setAccessible(true);
        Command<Object, Event> command = (Command<Object, Event>) constructor.newInstance(values);
        return restsOn(command, stream) ? command : null;
    }

    private static String simpleName(Type type) {
        return type instanceof ParameterizedType parameterized
                ? simpleName(parameterized.getRawType())
                : type instanceof Class<?> named ? named.getSimpleName() : type.getTypeName();
    }

    /** Values that many classes accept. */
    private enum Filling {
        ONE(1),
        TWO(2);

        private final int number;

        Filling(int number) {
            this.number = number;
        }

        private @Nullable Object value(Type type, int depth) throws ReflectiveOperationException {
            Class<?> raw = type instanceof ParameterizedType parameterized
                    ? (Class<?>) parameterized.getRawType()
                    : type instanceof Class<?> plain ? plain : Object.class;
            Object simple = simple(raw);
            if (simple != null) {
                return simple;
            }
            if (raw.isEnum()) {
                Object[] constants = raw.getEnumConstants();
                return constants.length == 0 ? null : constants[Math.min(number, constants.length) - 1];
            }
            if (raw.isRecord() && depth > 0) {
                Class<?>[] types = new Class<?>[raw.getRecordComponents().length];
                Object[] values = new Object[types.length];
                for (int i = 0; i < types.length; i++) {
                    types[i] = raw.getRecordComponents()[i].getType();
                    values[i] = value(raw.getRecordComponents()[i].getGenericType(), depth - 1);
                }
                Constructor<?> constructor = raw.getDeclaredConstructor(types);
                constructor.setAccessible(true);
                return constructor.newInstance(values);
            }
            return null;
        }

        private @Nullable Object simple(Class<?> type) {
            Map<Class<?>, Object> values = Map.ofEntries(
                    Map.entry(int.class, number),
                    Map.entry(Integer.class, number),
                    Map.entry(long.class, (long) number),
                    Map.entry(Long.class, (long) number),
                    Map.entry(short.class, (short) number),
                    Map.entry(Short.class, (short) number),
                    Map.entry(byte.class, (byte) number),
                    Map.entry(Byte.class, (byte) number),
                    Map.entry(double.class, (double) number),
                    Map.entry(Double.class, (double) number),
                    Map.entry(float.class, (float) number),
                    Map.entry(Float.class, (float) number),
                    Map.entry(boolean.class, number == 1),
                    Map.entry(Boolean.class, number == 1),
                    Map.entry(char.class, (char) ('a' + number)),
                    Map.entry(Character.class, (char) ('a' + number)),
                    Map.entry(String.class, "sample-" + number),
                    Map.entry(BigDecimal.class, BigDecimal.valueOf(number)),
                    Map.entry(BigInteger.class, BigInteger.valueOf(number)),
                    Map.entry(UUID.class, new UUID(0, number)),
                    Map.entry(Instant.class, Instant.ofEpochSecond(number)),
                    Map.entry(LocalDate.class, LocalDate.ofEpochDay(number)),
                    Map.entry(Duration.class, Duration.ofSeconds(number)),
                    Map.entry(StreamId.class, StreamId.of("sample-" + number)),
                    Map.entry(Optional.class, Optional.empty()),
                    Map.entry(List.class, List.of()),
                    Map.entry(Collection.class, List.of()),
                    Map.entry(Set.class, Set.of()),
                    Map.entry(Map.class, Map.of()));
            return values.get(type);
        }
    }
}
