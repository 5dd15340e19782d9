package io.eventcore.test.contract;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.Upcaster;
import io.eventcore.serialization.Upcaster.Part;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * Random upcasters, which lead from old names to three classes of today in chains that fork, meet and end in nothing. A
 * migration of a few lines does to a payload what the upcasters should do.
 */
final class RandomUpcasters {
    @EventType("end.a")
    record A(StreamId stream, String way) implements Event {
        @Override
        public StreamId streamId() {
            return stream;
        }
    }

    @EventType("end.b")
    record B(StreamId stream, String way) implements Event {
        @Override
        public StreamId streamId() {
            return stream;
        }
    }

    @EventType("end.c")
    record C(StreamId stream, String way) implements Event {
        @Override
        public StreamId streamId() {
            return stream;
        }
    }

    private static final List<String> ENDS = List.of("end.a", "end.b", "end.c");

    private final Random random;

    /** What the upcasters make of each old name, in order; if there are alternatives, the length of the way decides. */
    private final Map<String, List<List<String>>> steps = new LinkedHashMap<>();

    /** The name of the heir among the parts of an old name, if an heir is declared. */
    private final Map<String, String> heirs = new LinkedHashMap<>();

    private int events;

    private RandomUpcasters(Random random) {
        this.random = random;
    }

    static RandomUpcasters of(Random random) {
        RandomUpcasters made = new RandomUpcasters(random);
        int names = 2 + random.nextInt(8);
        for (int name = 0; name < names; name++) {
            List<List<String>> alternatives = new ArrayList<>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                List<String> parts = new ArrayList<>();
                for (int part = random.nextInt(4); part > 0; part--) {
                    // Only later names: no way leads in a circle.
                    int target = name + 1 + random.nextInt(names - name + 1);
                    parts.add(target < names ? "old." + target : ENDS.get(random.nextInt(ENDS.size())));
                }
                alternatives.add(parts);
            }
            made.steps.put("old." + name, alternatives);
            List<String> targets = alternatives.stream().flatMap(List::stream).toList();
            if (!targets.isEmpty() && random.nextBoolean()) {
                made.heirs.put("old." + name, targets.get(random.nextInt(targets.size())));
            }
        }
        return made;
    }

    EventSerializer serializer() {
        EventTypes.Builder types =
                EventTypes.builder().register(A.class).register(B.class).register(C.class);
        steps.forEach((name, alternatives) -> {
            Upcaster upcaster = upcaster(name, alternatives);
            String heir = heirs.get(name);
            types.upcaster(heir == null ? upcaster : upcaster.withHeir(heir));
        });
        return new YesterdaysSerializer(new JacksonEventSerializer(types.build()));
    }

    private static Upcaster upcaster(String name, List<List<String>> alternatives) {
        Set<String> targets = new LinkedHashSet<>();
        alternatives.forEach(targets::addAll);
        if (targets.isEmpty()) {
            return Upcaster.from(name).toNothing();
        }
        if (alternatives.size() == 1 && alternatives.get(0).size() == 1) {
            return Upcaster.from(name).to(targets.iterator().next(), event -> {
                String way = event.object().get("way").asString();
                return event.object().put("way", way + "/" + name + ".0");
            });
        }
        return Upcaster.from(name).toParts(targets, event -> {
            ObjectNode payload = event.object();
            String way = payload.get("way").asString();
            List<Part> parts = new ArrayList<>();
            for (String target : alternatives.get(way.length() % alternatives.size())) {
                payload.put("way", way + "/" + name + "." + parts.size());
                parts.add(new Part(target, payload.deepCopy()));
            }
            return parts;
        });
    }

    /** An event under any name, including those of today. */
    ShopEvent.Old anyEvent(StreamId stream) {
        List<String> names = new ArrayList<>(steps.keySet());
        names.addAll(ENDS);
        String json = "{\"stream\":\"%s\",\"way\":\"%d%s\"}".formatted(stream, events++, "x".repeat(random.nextInt(4)));
        return new ShopEvent.Old(stream, names.get(random.nextInt(names.size())), json);
    }

    /** What a migration would have stored in place of an event. */
    List<ShopEvent.Old> migrated(ShopEvent.Old old) {
        List<List<String>> alternatives = steps.get(old.name());
        if (alternatives == null) {
            return List.of(old);
        }
        String way = wayOf(old);
        List<ShopEvent.Old> migrated = new ArrayList<>();
        int place = 0;
        for (String target : alternatives.get(way.length() % alternatives.size())) {
            String longer = way + "/" + old.name() + "." + place++;
            migrated.addAll(migrated(new ShopEvent.Old(
                    old.cart(), target, old.json().replace("\"" + way + "\"", "\"" + longer + "\""))));
        }
        return List.copyOf(migrated);
    }

    /** The numbers of the parts of an event, as the guide explains them. */
    List<Long> numbers(ShopEvent.Old old) {
        List<Long> numbers = new ArrayList<>();
        number(old.name(), wayOf(old), 0, 1, numbers);
        return numbers;
    }

    private void number(String name, String way, long number, long digit, List<Long> numbers) {
        List<List<String>> alternatives = steps.get(name);
        if (alternatives == null) {
            numbers.add(number);
            return;
        }
        boolean split = alternatives.size() > 1 || alternatives.get(0).size() > 1;
        List<String> parts = alternatives.get(way.length() % alternatives.size());
        int heir = heirs.containsKey(name) ? parts.indexOf(heirs.get(name)) : 0;
        int others = 1;
        for (int i = 0; i < parts.size(); i++) {
            int place = i == heir ? 0 : others++;
            number(
                    parts.get(i),
                    way + "/" + name + "." + i,
                    number + (split ? place * digit : 0),
                    split ? digit * 32 : digit,
                    numbers);
        }
    }

    private static String wayOf(ShopEvent.Old old) {
        return old.json().substring(old.json().lastIndexOf(':') + 2, old.json().length() - 2);
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // An array of classes.
    Class<? extends Event>[] someTypes() {
        Set<Class<? extends Event>> some = new LinkedHashSet<>(List.of(random.nextBoolean() ? A.class : C.class));
        if (random.nextBoolean()) {
            some.add(B.class);
        }
        return some.toArray(new Class[0]);
    }

    @Override
    public String toString() {
        return steps.toString();
    }
}
