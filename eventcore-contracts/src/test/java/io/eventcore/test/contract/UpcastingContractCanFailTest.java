package io.eventcore.test.contract;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.eventcore.Event;
import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.EventStreamReader;
import io.eventcore.RawEvent;
import io.eventcore.RecordedEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.projection.AppendSignal;
import io.eventcore.serialization.EventOrigin;
import io.eventcore.serialization.EventPart;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.NameReading;
import io.eventcore.serialization.SerializedEvent;
import io.eventcore.serialization.internal.ForwardingSerializer;
import io.eventcore.test.contract.memory.InMemoryUpcasting;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every main row about events in earlier shapes catches a store, or a serializer, that breaks it. */
@Tag("faults")
class UpcastingContractCanFailTest {
    private static UnaryOperator<EventStore> storeMutation = UnaryOperator.identity();
    private static UnaryOperator<EventSerializer> serializerMutation = UnaryOperator.identity();

    @ParameterizedTest(name = "{0}: {3}")
    @MethodSource("mutants")
    void what_is_broken_is_caught(
            String name, UnaryOperator<EventStore> store, UnaryOperator<EventSerializer> serializer, String row) {
        storeMutation = store;
        serializerMutation = serializer;

        ContractRows.assertFails(Mutated.class, row);
    }

    private static Stream<Arguments> mutants() {
        return Stream.of(
                store(
                        "numbers each part 0",
                        UpcastingContractCanFailTest::numberingEachPartZero,
                        "a_stream_is_read_in_todays_shapes_and_keeps_its_versions"),
                store(
                        "counts what is seen as versions",
                        UpcastingContractCanFailTest::countingWhatIsSeen,
                        "a_stream_is_read_in_todays_shapes_and_keeps_its_versions"),
                store(
                        "counts what is seen as versions",
                        UpcastingContractCanFailTest::countingWhatIsSeen,
                        "what_is_dropped_counts_in_versions_and_positions"),
                store(
                        "cuts pages between parts",
                        UpcastingContractCanFailTest::cuttingPagesBetweenParts,
                        "a_page_holds_whole_stored_events_and_counts_those"),
                store(
                        "takes an empty page for the end",
                        UpcastingContractCanFailTest::takingAnEmptyPageForTheEnd,
                        "a_page_holds_whole_stored_events_and_counts_those"),
                store(
                        "filters stored names alone",
                        UpcastingContractCanFailTest::filteringStoredNamesAlone,
                        "a_filter_of_types_finds_what_leads_to_them_and_gives_no_other_part"),
                serializer(
                        "finds the names of today alone",
                        FindingTodaysNamesAlone::new,
                        "a_filter_of_types_finds_what_leads_to_them_and_gives_no_other_part"),
                serializer(
                        "finds the names of today alone",
                        FindingTodaysNamesAlone::new,
                        "whatever_the_history_and_the_chains_a_read_is_that_of_a_migrated_copy"),
                serializer(
                        "gives the first part alone",
                        GivingTheFirstPartAlone::new,
                        "whatever_the_history_and_the_chains_a_read_is_that_of_a_migrated_copy"),
                serializer(
                        "gives the first part alone",
                        GivingTheFirstPartAlone::new,
                        "several_streams_and_the_log_are_read_in_todays_shapes_in_one_order"),
                serializer(
                        "numbers parts by their place",
                        NumberingByPlace::new,
                        "whatever_the_history_and_the_chains_a_read_is_that_of_a_migrated_copy"),
                serializer(
                        "numbers parts by their place",
                        NumberingByPlace::new,
                        "a_reaction_answers_no_part_again_after_a_release_that_drops_or_splits_another_part"),
                serializer(
                        "numbers parts by their place",
                        NumberingByPlace::new,
                        "a_reaction_that_has_answered_an_event_does_not_answer_the_heir_that_it_is_split_into"),
                serializer(
                        "does not name the upcaster",
                        NotNaming::new,
                        "whatever_an_upcaster_throws_its_event_cannot_be_decoded_and_the_upcaster_is_named"),
                serializer(
                        "does not name the upcaster",
                        NotNaming::new,
                        "an_event_that_an_upcaster_fails_at_is_decided_about_like_one_that_cannot_be_decoded"),
                serializer(
                        "quotes the upcaster",
                        Quoting::new,
                        "an_upcaster_that_throws_spoils_nothing_but_its_event_and_quotes_nothing"),
                store(
                        "hands out each part for itself",
                        UpcastingContractCanFailTest::handingOutEachPartForItself,
                        "the_parts_of_an_event_are_applied_together_or_not_at_all"),
                store(
                        "hands out each part for itself",
                        UpcastingContractCanFailTest::handingOutEachPartForItself,
                        "an_event_whose_second_part_fails_for_good_is_skipped_whole"),
                store(
                        "does not say how events are read",
                        UpcastingContractCanFailTest::notSayingHowEventsAreRead,
                        "a_snapshot_of_events_that_were_read_in_another_way_is_not_continued"),
                serializer(
                        "gives the first part alone",
                        GivingTheFirstPartAlone::new,
                        "a_reaction_answers_each_part_once_also_when_the_second_one_fails_first"),
                store(
                        "numbers each part 0",
                        UpcastingContractCanFailTest::numberingEachPartZeroWhenStored,
                        "a_reaction_answers_each_part_once_also_when_the_second_one_fails_first"),
                serializer(
                        "does not say what is unknown",
                        NotSayingWhatIsUnknown::new,
                        "who_skips_it_reads_the_others_at_their_versions_and_is_told"),
                serializer(
                        "does not say what is unknown",
                        NotSayingWhatIsUnknown::new,
                        "a_command_says_how_many_events_it_was_decided_without"),
                serializer(
                        "does not say what is unknown",
                        NotSayingWhatIsUnknown::new,
                        "no_snapshot_of_a_fold_that_skipped_is_left_to_who_knows_the_type"),
                serializer(
                        "gives another event for what is raw",
                        GivingAnotherEventForWhatIsRaw::new,
                        "no_snapshot_of_a_fold_of_raw_events_is_left_to_who_knows_the_type"),
                serializer(
                        "passes over what is raw",
                        PassingOverWhatIsRaw::new,
                        "raw_it_is_given_to_who_asks_for_any_event_and_to_no_one_else"),
                serializer(
                        "passes over what is raw",
                        PassingOverWhatIsRaw::new,
                        "a_projection_of_any_event_is_given_what_is_raw_and_another_one_decides_about_it"),
                serializer(
                        "passes over what it should not",
                        PassingOverAll::new,
                        "unless_it_is_said_otherwise_such_an_event_cannot_be_read"),
                serializer("cannot skip", CannotSkip::new, "a_projection_and_a_reaction_get_past_what_is_skipped"));
    }

    private static Arguments store(String name, UnaryOperator<EventStore> mutation, String row) {
        return arguments(name, mutation, UnaryOperator.<EventSerializer>identity(), row);
    }

    private static Arguments serializer(String name, UnaryOperator<EventSerializer> mutation, String row) {
        return arguments(name, UnaryOperator.<EventStore>identity(), mutation, row);
    }

    static class Mutated extends InMemoryUpcasting {
        @Override
        protected EventStore emptyStore(EventSerializer serializer, AppendSignal appendSignal) {
            return storeMutation.apply(super.emptyStore(serializerMutation.apply(serializer), appendSignal));
        }
    }

    private static EventStore numberingEachPartZero(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventStreamReader<E> readStreams(
                    Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
                EventStreamReader<E> read = super.readStreams(streamsAfter, eventType);
                return EventStreamReader.of(
                        read.versions(),
                        read.stream().map(event -> event.withPart(0)).toList());
            }
        };
    }

    private static EventStore numberingEachPartZeroWhenStored(EventStore sound) {
        return changingStored(sound, event -> List.of(decodedBy(event, part -> true, 0)));
    }

    private static EventStore handingOutEachPartForItself(EventStore sound) {
        return changingStored(sound, event -> {
            List<StoredEvent> each = new ArrayList<>();
            int parts = event.decode(Event.class).size();
            for (int number = 0; number < parts; number++) {
                int wanted = number;
                each.add(decodedBy(event, part -> part.part() == wanted, -1));
            }
            return each;
        });
    }

    private interface Choice {
        boolean takes(RecordedEvent<Event> part);
    }

    private static StoredEvent decodedBy(StoredEvent event, Choice choice, int number) {
        return StoredEvent.of(
                event.streamId(),
                event.version(),
                event.position(),
                event.id(),
                event.recordedAt(),
                event.typeName(),
                event.payload(),
                event.metadata(),
                same -> event.decode(Event.class).stream()
                        .filter(choice::takes)
                        .map(part -> number < 0 ? part : part.withPart(number))
                        .toList());
    }

    private interface Change {
        List<StoredEvent> of(StoredEvent event);
    }

    private static EventStore changingStored(EventStore sound, Change change) {
        return new ForwardingEventStore(sound) {
            @Override
            public StoredPage readStored(EventFilter filter, EventPage page) {
                StoredPage found = super.readStored(filter, page);
                List<StoredEvent> changed = found.events().stream()
                        .flatMap(event -> change.of(event).stream())
                        .toList();
                return new StoredPage(changed, found.continueAfter(), found.endReached());
            }
        };
    }

    private static EventStore countingWhatIsSeen(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventStreamReader<E> readStreams(
                    Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
                Map<StreamId, StreamVersion> versions = new HashMap<>(streamsAfter);
                List<RecordedEvent<E>> events =
                        super.readStreams(streamsAfter, eventType).toList();
                events.forEach(event -> versions.compute(
                        event.streamId(),
                        (id, version) -> StreamVersion.of((version == null ? 0 : version.value()) + 1)));
                return EventStreamReader.of(versions, events);
            }
        };
    }

    private static EventStore cuttingPagesBetweenParts(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                EventBatch<E> found = super.readEvents(filter, page, eventType);
                return new EventBatch<>(
                        found.events().stream().limit(page.limit()).toList(),
                        found.continueAfter(),
                        found.endReached());
            }
        };
    }

    private static EventStore takingAnEmptyPageForTheEnd(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                EventBatch<E> found = super.readEvents(filter, page, eventType);
                return new EventBatch<>(
                        found.events(),
                        found.continueAfter(),
                        found.endReached() || found.events().isEmpty());
            }
        };
    }

    private static EventStore filteringStoredNamesAlone(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public <E extends Event> EventBatch<E> readEvents(EventFilter filter, EventPage page, Class<E> eventType) {
                return readStored(filter, page).decode(EventFilter.all(), eventType);
            }
        };
    }

    private static EventStore notSayingHowEventsAreRead(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public String readingKey() {
                return "";
            }
        };
    }

    private static final class FindingTodaysNamesAlone extends ForwardingSerializer {
        FindingTodaysNamesAlone(EventSerializer sound) {
            super(sound);
        }

        @Override
        public Set<String> storedNames(Class<? extends Event> type) {
            Set<String> today = Set.of("shop.closed", "shop.paid", "shop.item-added@2", "end.a", "end.b", "end.c");
            return Set.copyOf(
                    super.storedNames(type).stream().filter(today::contains).toList());
        }
    }

    private static final class GivingTheFirstPartAlone extends ForwardingSerializer {
        GivingTheFirstPartAlone(EventSerializer sound) {
            super(sound);
        }

        @Override
        public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
            return super.deserialize(stored, origin).stream().limit(1).toList();
        }
    }

    private static final class NumberingByPlace extends ForwardingSerializer {
        NumberingByPlace(EventSerializer sound) {
            super(sound);
        }

        @Override
        public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
            List<EventPart> numbered = new ArrayList<>();
            for (EventPart part : super.deserialize(stored, origin)) {
                numbered.add(new EventPart(numbered.size(), part.event()));
            }
            return numbered;
        }
    }

    private static final class NotNaming extends ForwardingSerializer {
        NotNaming(EventSerializer sound) {
            super(sound);
        }

        @Override
        public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
            try {
                return super.deserialize(stored, origin);
            } catch (RuntimeException e) {
                throw new IllegalStateException("it cannot be read", e);
            }
        }
    }

    private static final class Quoting extends ForwardingSerializer {
        Quoting(EventSerializer sound) {
            super(sound);
        }

        @Override
        public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
            try {
                return super.deserialize(stored, origin);
            } catch (RuntimeException e) {
                throw new IllegalStateException(new String(stored.payload(), StandardCharsets.UTF_8), e);
            }
        }
    }

    private static final class NotSayingWhatIsUnknown extends ForwardingSerializer {
        NotSayingWhatIsUnknown(EventSerializer sound) {
            super(sound);
        }

        @Override
        public NameReading reading(String storedName) {
            return NameReading.AS_STORED;
        }
    }

    private static final class PassingOverWhatIsRaw extends ForwardingSerializer {
        PassingOverWhatIsRaw(EventSerializer sound) {
            super(sound);
        }

        @Override
        public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
            return super.deserialize(stored, origin).stream()
                    .filter(part -> !(part.event() instanceof RawEvent))
                    .toList();
        }
    }

    private static final class GivingAnotherEventForWhatIsRaw extends ForwardingSerializer {
        GivingAnotherEventForWhatIsRaw(EventSerializer sound) {
            super(sound);
        }

        @Override
        public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
            return super.deserialize(stored, origin).stream()
                    .map(part -> part.event() instanceof RawEvent raw
                            ? EventPart.whole(new ShopEvent.Old(origin.streamId(), raw.typeName(), raw.json()))
                            : part)
                    .toList();
        }
    }

    private static final class PassingOverAll extends ForwardingSerializer {
        PassingOverAll(EventSerializer sound) {
            super(sound);
        }

        @Override
        public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
            return reading(stored.typeName()) == NameReading.UNKNOWN ? List.of() : super.deserialize(stored, origin);
        }
    }

    private static final class CannotSkip extends ForwardingSerializer {
        CannotSkip(EventSerializer sound) {
            super(sound);
        }

        @Override
        public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
            return reading(stored.typeName()) == NameReading.UNKNOWN
                    ? List.of(EventPart.whole(deserialize(stored)))
                    : super.deserialize(stored, origin);
        }
    }
}
