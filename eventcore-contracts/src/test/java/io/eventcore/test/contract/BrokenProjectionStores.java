package io.eventcore.test.contract;

import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.StoredEvent;
import io.eventcore.StoredPage;
import io.eventcore.StreamId;
import io.eventcore.TransientEventStoreException;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.DeadlineChange;
import io.eventcore.projection.DeadlinePlace;
import io.eventcore.projection.DeadlineSlots;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedChange;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.PendingDeadline;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/** Projection stores that each break one promise, in the ways in which they are usually broken. */
final class BrokenProjectionStores {
    private BrokenProjectionStores() {}

    static ProjectionStore movingCheckpointsOutsideTheTransaction(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
                return Race.<Boolean>elsewhere(() -> super.advance(lease, from, to, parked));
            }
        };
    }

    static ProjectionStore changingDeadlinesOutsideTheTransaction(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean advance(
                    Lease lease,
                    Checkpoint from,
                    Checkpoint to,
                    List<ParkedChange> parked,
                    List<DeadlineChange> deadlines) {
                return Race.<Boolean>elsewhere(() -> super.advance(lease, from, from, List.of(), deadlines))
                        && super.advance(lease, from, to, parked);
            }
        };
    }

    static ProjectionStore changingDeadlinesWhoeverAsks(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean advance(
                    Lease lease,
                    Checkpoint from,
                    Checkpoint to,
                    List<ParkedChange> parked,
                    List<DeadlineChange> deadlines) {
                Checkpoint here = checkpoint(lease.partition());
                super.advance(newestLease(this, lease.partition()), here, here, List.of(), deadlines);
                return super.advance(lease, from, to, parked);
            }
        };
    }

    static ProjectionStore endingDeadlinesOfAnyPlace(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean advance(
                    Lease lease,
                    Checkpoint from,
                    Checkpoint to,
                    List<ParkedChange> parked,
                    List<DeadlineChange> deadlines) {
                List<DeadlineChange> everywhere = deadlines.stream()
                        .map(change -> change instanceof DeadlineChange.Ended ended
                                ? new DeadlineChange.Ended(ended.correlation(), GlobalPosition.of(Long.MAX_VALUE))
                                : change)
                        .toList();
                return super.advance(lease, from, to, parked, everywhere);
            }
        };
    }

    static ProjectionStore forgettingDeadlinesOfAllSlots(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean advance(
                    Lease lease,
                    Checkpoint from,
                    Checkpoint to,
                    List<ParkedChange> parked,
                    List<DeadlineChange> deadlines) {
                List<DeadlineChange> widened = deadlines.stream()
                        .map(change -> change instanceof DeadlineChange.AllForgotten forgotten
                                ? new DeadlineChange.AllForgotten(allOf(forgotten.slots()))
                                : change)
                        .toList();
                return super.advance(lease, from, to, parked, widened);
            }

            private static DeadlineSlots allOf(DeadlineSlots some) {
                return new DeadlineSlots(some.projection(), some.version(), 0, DeadlineSlots.LAST);
            }
        };
    }

    static ProjectionStore leavingDeadlinesSetAside(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean advance(
                    Lease lease,
                    Checkpoint from,
                    Checkpoint to,
                    List<ParkedChange> parked,
                    List<DeadlineChange> deadlines) {
                List<DeadlineChange> left = deadlines.stream()
                        .filter(change -> !(change instanceof DeadlineChange.Retried))
                        .toList();
                return super.advance(lease, from, to, parked, left);
            }
        };
    }

    static ProjectionStore givingDeadlinesInTheOrderOfTheLog(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public List<PendingDeadline> dueDeadlines(DeadlineSlots slots, Instant asOf, int limit) {
                return super.dueDeadlines(slots, asOf, limit).stream()
                        .sorted(Comparator.comparing(PendingDeadline::position))
                        .toList();
            }
        };
    }

    static ProjectionStore givingDeadlinesOfLaterTimesOnly(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public List<PendingDeadline> deadlines(
                    String projection, int version, boolean parked, DeadlinePlace after, int limit) {
                DeadlinePlace passed =
                        new DeadlinePlace(after.dueAt(), GlobalPosition.of(Long.MAX_VALUE), Long.MAX_VALUE);
                return super.deadlines(projection, version, parked, passed, limit);
            }
        };
    }

    static ProjectionStore withoutFencing(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean isCurrent(Lease lease, Duration idleLimit) {
                return true;
            }

            @Override
            public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
                Lease newest = newestLease(this, lease.partition());
                return super.advance(newest, checkpoint(lease.partition()), to, parked);
            }
        };
    }

    static ProjectionStore comparingNoPositions(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
                return super.advance(lease, checkpoint(lease.partition()), to, parked);
            }
        };
    }

    static ProjectionStore releasingOnlyWhatIsNamed(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
                List<ParkedChange> named = parked.stream()
                        .filter(change -> !(change instanceof ParkedChange.AllReleased))
                        .toList();
                return super.advance(lease, from, to, named);
            }
        };
    }

    /** Changes and releases a parked stream whatever has become of it since the caller has read it. */
    static ProjectionStore comparingNoParkedStreams(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
                return super.advance(
                        lease, from, to, parked.stream().map(this::asItIs).toList());
            }

            private ParkedChange asItIs(ParkedChange change) {
                if (change instanceof ParkedChange.Changed changed) {
                    return actual(changed.from())
                            .<ParkedChange>map(actual -> new ParkedChange.Changed(actual, changed.to()))
                            .orElse(change);
                }
                if (change instanceof ParkedChange.Released released) {
                    return actual(released.stream())
                            .<ParkedChange>map(ParkedChange.Released::new)
                            .orElse(change);
                }
                return change;
            }

            private Optional<ParkedStream> actual(ParkedStream known) {
                ProjectionPartition partition = known.partition();
                return parkedStream(partition.projection(), partition.version(), known.streamId());
            }
        };
    }

    static ProjectionStore parkingAgain(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
                boolean again = parked.stream()
                        .anyMatch(change -> change instanceof ParkedChange.Parked now
                                && parkedAmong(
                                                        lease.partition(),
                                                        Set.of(now.stream().streamId()))
                                                .size()
                                        == 1);
                return super.advance(lease, from, to, again ? List.of() : parked);
            }
        };
    }

    static ProjectionStore queueingBehindNothing(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
                List<ParkedChange> there = parked.stream()
                        .filter(change -> !(change instanceof ParkedChange.Queued more)
                                || !parkedAmong(lease.partition(), Set.of(more.streamId()))
                                        .isEmpty())
                        .toList();
                return super.advance(lease, from, to, there);
            }
        };
    }

    /** Counts what comes again, and keeps the place from before the checkpoint was set back. */
    static ProjectionStore keepingThePlaceOfWhatComesAgain(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
                List<ParkedChange> late = parked.stream()
                        .map(change -> change instanceof ParkedChange.Queued more
                                ? new ParkedChange.Queued(
                                        more.streamId(), GlobalPosition.of(Long.MAX_VALUE), more.events())
                                : change)
                        .toList();
                return super.advance(lease, from, to, late);
            }
        };
    }

    /** Says that something was asked for which it has found parked a moment ago. */
    static ProjectionStore answeringBeforeItLooks(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean request(String projection, StreamId streamId, ParkedStream.Request request) {
                super.request(projection, streamId, request);
                return true;
            }
        };
    }

    static ProjectionStore forgettingThatStreamsAreParked(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public Set<StreamId> parkedAmong(ProjectionPartition partition, Set<StreamId> streams) {
                return Set.of();
            }
        };
    }

    static ProjectionStore tellingOfAllRequests(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public List<ParkedStream> requestedStreams(int ofEachPartition) {
                return super.requestedStreams(Integer.MAX_VALUE);
            }
        };
    }

    static ProjectionStore keepingLeasesForEver(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public Optional<Lease> acquire(
                    ProjectionPartition partition, int partitions, String owner, Duration length) {
                return super.acquire(partition, partitions, owner, length.plusDays(1));
            }

            @Override
            public boolean renew(List<Lease> leases, Duration length) {
                return super.renew(leases, length.plusDays(1));
            }
        };
    }

    /** Renews what the owner may not even know of, as one statement by the owner's name does. */
    static ProjectionStore renewingAllOfAnOwner(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean renew(List<Lease> leases, Duration length) {
                List<String> owners = leases.stream().map(Lease::owner).toList();
                List<Lease> all = partitions().stream()
                        .filter(state -> owners.contains(state.owner()))
                        .map(state -> new Lease(state.partition(), state.owner(), state.token()))
                        .toList();
                return super.renew(all, length);
            }
        };
    }

    static ProjectionStore claimingThatAllWereRenewed(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean renew(List<Lease> leases, Duration length) {
                super.renew(leases, length);
                return true;
            }
        };
    }

    static ProjectionStore refusingAnOwnerItsOwnLease(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public Optional<Lease> acquire(
                    ProjectionPartition partition, int partitions, String owner, Duration length) {
                boolean held = partitions().stream()
                        .anyMatch(state -> state.partition().equals(partition) && !state.free());
                return held ? Optional.empty() : super.acquire(partition, partitions, owner, length);
            }
        };
    }

    static ProjectionStore lendingToWhoDividesOtherwise(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public Optional<Lease> acquire(
                    ProjectionPartition partition, int partitions, String owner, Duration length) {
                return partitions().stream()
                        .filter(state -> state.partition().equals(partition))
                        .findFirst()
                        .flatMap(state -> super.acquire(partition, state.partitions(), owner, length));
            }
        };
    }

    static ProjectionStore dividingAnewAtTheForemostPosition(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean repartition(List<Lease> leases, int partitions, ToIntFunction<StreamId> partitionOf) {
                Checkpoint foremost = leases.stream()
                        .map(lease -> checkpoint(lease.partition()))
                        .max(Comparator.comparing(Checkpoint::position))
                        .orElseThrow();
                leases.forEach(lease -> advance(lease, checkpoint(lease.partition()), foremost, List.of()));
                return super.repartition(leases, partitions, partitionOf);
            }
        };
    }

    /** As a statement does that waits for rows which are replaced meanwhile. */
    static ProjectionStore missingAPauseWhileItDivides(ProjectionStore sound) {
        AtomicBoolean divides = new AtomicBoolean();
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean repartition(List<Lease> leases, int partitions, ToIntFunction<StreamId> partitionOf) {
                divides.set(true);
                try {
                    return super.repartition(leases, partitions, partitionOf);
                } finally {
                    divides.set(false);
                }
            }

            @Override
            public void setPaused(String projection, boolean paused) {
                if (!divides.get()) {
                    super.setPaused(projection, paused);
                }
            }
        };
    }

    /** As a cache does that knows of no reset. */
    static ProjectionStore tellingOfTheFurthestCheckpoints(ProjectionStore sound) {
        Map<ProjectionPartition, Checkpoint> furthest = new ConcurrentHashMap<>();
        return new ForwardingProjectionStore(sound) {
            @Override
            public List<PartitionState> partitions(String projection) {
                return super.partitions(projection).stream()
                        .map(state -> new PartitionState(
                                state.partition(),
                                state.partitions(),
                                furthest.merge(
                                        state.partition(),
                                        state.checkpoint(),
                                        BinaryOperator.maxBy(Comparator.comparing(Checkpoint::position))),
                                state.owner(),
                                state.token(),
                                state.free(),
                                state.paused(),
                                state.resumes(),
                                state.failure(),
                                state.active()))
                        .toList();
            }
        };
    }

    static ProjectionStore activatingWhatIsNew(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public void register(String projection, int version, int partitions, GlobalPosition from) {
                super.register(projection, version, partitions, from);
                activate(projection, version);
            }
        };
    }

    /** As one statement does that sets a flag where the version is the one that is named. */
    static ProjectionStore activatingWhateverIsNamed(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public void activate(String projection, int version) {
                boolean known = partitions(projection).stream()
                        .anyMatch(state -> state.partition().version() == version && version > 0);
                if (known) {
                    super.activate(projection, version);
                }
            }
        };
    }

    static ProjectionStore forgettingWhatIsActive(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public void forgetVersion(String projection, int version) {
                boolean active = partitions(projection).stream()
                        .anyMatch(state -> state.partition().version() == version && state.active());
                if (!active) {
                    super.forgetVersion(projection, version);
                }
            }
        };
    }

    /** As who has looked before and then activates, whatever has become of the version since. */
    static ProjectionStore activatingByAnEarlierLook(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean activateIfReached(String projection, int version, GlobalPosition position) {
                List<PartitionState> known = partitions(projection);
                boolean newer = known.stream()
                        .filter(PartitionState::active)
                        .allMatch(state -> state.partition().version() < version);
                boolean reached = known.stream()
                        .filter(state -> state.partition().version() == version)
                        .allMatch(state -> state.checkpoint().position().compareTo(position) >= 0);
                if (newer && reached) {
                    activate(projection, version);
                }
                return newer && reached;
            }
        };
    }

    static ProjectionStore activatingWhatIsBehind(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean activateIfReached(String projection, int version, GlobalPosition position) {
                activate(projection, version);
                return true;
            }
        };
    }

    static ProjectionStore losingPausesOfTheUnknown(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public void setPaused(String projection, boolean paused) {
                if (!partitions(projection).isEmpty()) {
                    super.setPaused(projection, paused);
                }
            }
        };
    }

    /** As a store that forgets the pause where a projection begins. */
    static ProjectionStore beginningUnpaused(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public void register(String projection, int version, int partitions, GlobalPosition from) {
                super.register(projection, version, partitions, from);
                setPaused(projection, false);
            }
        };
    }

    static ProjectionStore renewingNothing(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean renew(List<Lease> leases, Duration length) {
                return true;
            }
        };
    }

    static ProjectionStore keepingFailuresForEver(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public Optional<Lease> acquire(
                    ProjectionPartition partition, int partitions, String owner, Duration length) {
                String before = partitions().stream()
                        .filter(state -> state.partition().equals(partition))
                        .map(PartitionState::failure)
                        .findFirst()
                        .orElse("");
                Optional<Lease> lease = super.acquire(partition, partitions, owner, length);
                lease.ifPresent(taken -> recordFailure(taken, before));
                return lease;
            }
        };
    }

    /** Tells of checkpoints, and not under which leases they were moved. */
    static ProjectionStore tellingOfNoTokens(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public List<PartitionState> partitions(String projection) {
                return super.partitions(projection).stream()
                        .map(state -> new PartitionState(
                                state.partition(),
                                state.partitions(),
                                state.checkpoint(),
                                state.owner(),
                                0,
                                state.free(),
                                state.paused(),
                                state.resumes(),
                                state.failure(),
                                state.active()))
                        .toList();
            }
        };
    }

    /** Locks the newer version before the older one for all streams, and the other way round for one. */
    static ProjectionStore lockingInTwoOrders(ProjectionStore sound) {
        ReentrantLock older = new ReentrantLock();
        ReentrantLock newer = new ReentrantLock();
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean request(String projection, StreamId streamId, ParkedStream.Request request) {
                return holding(older, newer, () -> super.request(projection, streamId, request));
            }

            @Override
            public int requestAll(String projection, ParkedStream.Request request) {
                return holding(newer, older, () -> super.requestAll(projection, request));
            }

            private <T> T holding(ReentrantLock first, ReentrantLock second, Supplier<T> action) {
                first.lock();
                try {
                    LockSupport.parkNanos(1);
                    if (!second.tryLock()) {
                        throw new TransientEventStoreException("deadlock", null);
                    }
                    try {
                        return action.get();
                    } finally {
                        second.unlock();
                    }
                } finally {
                    first.unlock();
                }
            }
        };
    }

    static ProjectionStore beginningSideEffectsAtTheFirstEvent(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public void register(String projection, int version, int partitions, GlobalPosition from) {
                super.register(projection, version, partitions, GlobalPosition.START);
            }
        };
    }

    static ProjectionStore parkingBeforeTheCheckpointMoves(ProjectionStore sound) {
        return new ForwardingProjectionStore(sound) {
            @Override
            public boolean advance(Lease lease, Checkpoint from, Checkpoint to, List<ParkedChange> parked) {
                Checkpoint here = checkpoint(lease.partition());
                super.advance(newestLease(this, lease.partition()), here, here, parked);
                return super.advance(lease, from, to, List.of());
            }
        };
    }

    /** A log that takes for done what it has handed out. */
    static EventStore acknowledgingWhatItDelivers(EventStore sound, ProjectionStore store) {
        return new ForwardingEventStore(sound) {
            @Override
            public StoredPage readStored(EventFilter filter, EventPage page) {
                StoredPage found = super.readStored(filter, page);
                for (PartitionState state : store.partitions()) {
                    if (!found.events().isEmpty()
                            && page.after().equals(state.checkpoint().position())) {
                        StoredEvent last = found.events().get(found.events().size() - 1);
                        Checkpoint after = new Checkpoint(last.position(), last.position(), last.id());
                        store.advance(newestLease(store, state.partition()), state.checkpoint(), after, List.of());
                    }
                }
                return found;
            }
        };
    }

    private static Lease newestLease(ProjectionStore store, ProjectionPartition partition) {
        return store.partitions().stream()
                .filter(state -> state.partition().equals(partition))
                .map(state -> new Lease(partition, state.owner(), state.token()))
                .findFirst()
                .orElseThrow();
    }
}
