package io.eventcore.command;

import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.EventTag;
import io.eventcore.StreamId;
import io.eventcore.internal.TypeArguments;
import io.eventcore.snapshot.Snapshot;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the class of a command says about its streams and events; determined once for each class. */
final class CommandType {
    private static final ClassValue<CommandType> TYPES = new ClassValue<>() {
        @Override
        protected CommandType computeValue(Class<?> type) {
            return new CommandType(type);
        }
    };

    private final Class<?> type;
    private final List<StreamComponent> components;
    private final boolean discovers;
    private final boolean tagged;
    private final boolean choosesQuery;

    /** Null until needed: a class that overrides the method need not declare the type argument. */
    private volatile @Nullable Class<?> eventType;

    private CommandType(Class<?> type) {
        this.type = type;
        this.components = componentsOf(type);
        boolean marked = !EventTag.namesMarkedOn(type).isEmpty();
        boolean discoversTags = overrides(type, "discoverQuery", 1);
        this.choosesQuery = overrides(type, "query", 0);
        this.discovers = overrides(type, "discoverStreams", 1) || discoversTags;
        this.tagged = marked || choosesQuery || discoversTags;
    }

    static CommandType of(Command<?, ?> command) {
        return TYPES.get(command.getClass());
    }

    static Type stateTypeOf(Class<? extends Command<?, ?>> commandType) {
        return TYPES.get(commandType).stateType();
    }

    /** Checks a class without an instance; see {@link CommandClasses#check}. */
    static Class<? extends Event> check(Class<? extends Command<?, ?>> commandType) {
        CommandType checked = TYPES.get(commandType);
        if (checked.components.isEmpty() && !checked.tagged && !overrides(commandType, "streams", 0)) {
            throw checked.declaresNoStream();
        }
        if (!overrides(commandType, "handle", 1) && !overrides(commandType, "handle", 2)) {
            throw new IllegalArgumentException(
                    commandType.getName() + " decides nothing: implement handle(state) or handle(state, context)");
        }
        RetryOverrides.of(commandType, RetryPolicy.defaults());
        Snapshot snapshot = commandType.getAnnotation(Snapshot.class);
        if (snapshot != null) {
            checked.stateType();
            StateSnapshots.checkName(snapshot, commandType);
        }
        return overrides(commandType, "eventType", 0)
                ? Event.class
                : checked.eventType().asSubclass(Event.class);
    }

    private IllegalArgumentException declaresNoStream() {
        return new IllegalArgumentException(
                type.getName()
                        + " declares no stream: mark a record component (in Kotlin a property) with @Stream or @Tag, or override streams() or query()");
    }

    /** Whether the class may decide on tags. */
    boolean isTagged() {
        return tagged;
    }

    /** Whether the class decides on tags and discovers more than it declares. */
    boolean discoversOnTags() {
        return tagged && discovers;
    }

    /** The events with any of the tags in the marked components of a command; empty if none is marked. */
    Optional<EventQuery> queryOf(Command<?, ?> command) {
        if (!tagged) {
            return Optional.empty();
        }
        return EventTag.markedOn(command).stream()
                .sorted()
                .map(EventQuery::tagged)
                .reduce(EventQuery::or);
    }

    /** Whether the class discovers more streams or tags than it declares. */
    boolean discovers() {
        return discovers;
    }

    /**
     * The ids in the marked components of a command.
     *
     * @throws IllegalArgumentException if no component is marked, and the command has nothing to do with tags
     * @throws NullPointerException if a marked component holds null
     */
    Set<StreamId> streamsOf(Command<?, ?> command) {
        if (components.isEmpty() && !tagged) {
            throw declaresNoStream();
        }
        Set<StreamId> ids = new LinkedHashSet<>();
        components.forEach(component -> component.collect(command, ids));
        return ids;
    }

    /**
     * The type argument for the events.
     *
     * @throws IllegalArgumentException if the class leaves it open
     */
    Class<?> eventType() {
        Class<?> known = eventType;
        if (known == null) {
            known = TypeArguments.eventType(
                    type, Command.class, 1, "name them in Command<S, E> or override eventType()");
            eventType = known;
        }
        return known;
    }

    /**
     * The type argument for the state.
     *
     * @throws IllegalArgumentException if the class leaves it open
     */
    Type stateType() {
        Type resolved = TypeArguments.of(type, Command.class, 0);
        if (resolved == null || resolved instanceof TypeVariable<?>) {
            throw new IllegalArgumentException(type.getName()
                    + " does not say which type its state has: name it in Command<S, E>, or remove @Snapshot");
        }
        return resolved;
    }

    /**
     * The ids in the marked components, component by component in their order; those of a set are sorted. Then, if the
     * class overrides {@code streams()}, the ids that this method returns, sorted. Then, if the command has tags, its
     * query.
     */
    List<List<String>> inputsOf(Command<?, ?> command) {
        List<List<String>> inputs = new ArrayList<>();
        components.forEach(component -> inputs.add(component.inputsOf(command)));
        if (overrides(type, "streams", 0)) {
            inputs.add(command.streams().stream().map(StreamId::value).sorted().toList());
        }
        if (choosesQuery) {
            inputs.add(command.query().map(CommandType::texts).orElse(List.of()));
        } else if (tagged) {
            inputs.add(EventTag.markedOn(command).stream()
                    .sorted()
                    .map(EventTag::rowId)
                    .toList());
        }
        return inputs;
    }

    /** The texts of a query, item by item, so that equal queries have equal texts in every process. */
    private static List<String> texts(EventQuery query) {
        List<String> texts = new ArrayList<>();
        for (EventQuery.Item item : query.items()) {
            StringBuilder text =
                    new StringBuilder(item.stream().map(StreamId::value).orElse(""));
            item.tags().forEach(tag -> text.append(tag.rowId()));
            item.types().stream()
                    .map(Class::getName)
                    .sorted()
                    .forEach(name -> text.append('\n').append(name));
            texts.add(text.toString());
        }
        return texts;
    }

    private static boolean overrides(Class<?> type, String name, int parameters) {
        return Stream.of(type.getMethods())
                .filter(method -> method.getName().equals(name) && method.getParameterCount() == parameters)
                .anyMatch(method -> method.getDeclaringClass() != Command.class);
    }

    private static List<StreamComponent> componentsOf(Class<?> type) {
        List<StreamComponent> marked = new ArrayList<>();
        if (type.isRecord()) {
            for (RecordComponent component : type.getRecordComponents()) {
                if (isMarked(type, component)) {
                    marked.add(new StreamComponent(
                            type, component.getName(), component.getAccessor(), component.getGenericType()));
                }
            }
            return List.copyOf(marked);
        }
        for (Field field : fieldsOf(type)) {
            if (field.isAnnotationPresent(io.eventcore.command.Stream.class)) {
                if (Modifier.isStatic(field.getModifiers())) {
                    throw new IllegalArgumentException(
                            "@Stream on " + type.getName() + "." + field.getName() + " must not mark a static field");
                }
                marked.add(new StreamComponent(type, field.getName(), field, field.getGenericType()));
            }
        }
        return List.copyOf(marked);
    }

    /** Kotlin annotates the field of a record, Java also the component. */
    private static boolean isMarked(Class<?> type, RecordComponent component) {
        try {
            return component.isAnnotationPresent(io.eventcore.command.Stream.class)
                    || type.getDeclaredField(component.getName())
                            .isAnnotationPresent(io.eventcore.command.Stream.class);
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException("Every component of a record has a field", e);
        }
    }

    /** The fields of a class in the order in which it declares them, after those that it inherits. */
    private static List<Field> fieldsOf(Class<?> type) {
        List<Field> fields = new ArrayList<>();
        for (Class<?> owner = type; owner != null && owner != Object.class; owner = owner.getSuperclass()) {
            fields.addAll(0, List.of(owner.getDeclaredFields()));
        }
        return fields;
    }

    /** A marked component, and how to find ids in its value. */
    private static final class StreamComponent {
        private final String name;
        private final AccessibleObject member;

        private StreamComponent(Class<?> type, String name, AccessibleObject member, Type memberType) {
            this.name = type.getName() + "." + name;
            this.member = member;
            member.setAccessible(true);
            checkType(memberType);
        }

        /** Refuses a type that can never hold a stream id, when the class is first seen. */
        private void checkType(Type componentType) {
            if (componentType == StreamId.class) {
                return;
            }
            if (componentType instanceof ParameterizedType parameterized) {
                Class<?> raw = (Class<?>) parameterized.getRawType();
                if (raw == Optional.class || Collection.class.isAssignableFrom(raw)) {
                    checkType(parameterized.getActualTypeArguments()[0]);
                    return;
                }
            }
            if (componentType instanceof Class<?> wrapper && wrapper.isRecord()) {
                RecordComponent[] wrapped = wrapper.getRecordComponents();
                if (wrapped.length == 1 && wrapped[0].getType() == StreamId.class) {
                    return;
                }
            }
            throw new IllegalArgumentException("@Stream on " + name + " must mark a StreamId, a record of one StreamId,"
                    + " or an Optional or Collection of these; it marks a " + componentType.getTypeName());
        }

        void collect(Object command, Set<StreamId> ids) {
            collectFrom(valueOf(member, command), ids);
        }

        List<String> inputsOf(Object command) {
            Object value = valueOf(member, command);
            Set<StreamId> ids = new LinkedHashSet<>();
            collectFrom(value, ids);
            java.util.stream.Stream<String> texts = ids.stream().map(StreamId::value);
            return (value instanceof Set ? texts.sorted() : texts).toList();
        }

        private void collectFrom(@Nullable Object value, Set<StreamId> ids) {
            if (value instanceof StreamId id) {
                ids.add(id);
            } else if (value instanceof Optional<?> optional) {
                optional.ifPresent(inner -> collectFrom(inner, ids));
            } else if (value instanceof Collection<?> collection) {
                collection.forEach(inner -> collectFrom(inner, ids));
            } else if (value == null) {
                throw new NullPointerException(name + " is marked with @Stream and must not be null");
            } else {
                Method wrapped = value.getClass().getRecordComponents()[0].getAccessor();
                wrapped.setAccessible(true);
                collectFrom(valueOf(wrapped, value), ids);
            }
        }

        private @Nullable Object valueOf(AccessibleObject from, Object target) {
            try {
                return from instanceof Method method ? method.invoke(target) : ((Field) from).get(target);
            } catch (IllegalAccessException e) {
                throw new IllegalArgumentException(name + " cannot be read", e);
            } catch (InvocationTargetException e) {
                throw new IllegalArgumentException(name + " cannot be read", e.getCause());
            }
        }
    }
}
