package io.eventcore.test.persons;

import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.Stream;
import java.util.List;

record Register(@Stream StreamId stream) implements Command<Integer, Registered> {
    @Override
    public Integer initialState() {
        return 0;
    }

    @Override
    public Integer apply(Integer registered, Registered event) {
        return registered + 1;
    }

    @Override
    public List<Registered> handle(Integer registered) {
        return List.of(new Registered(stream, "c-1", "Ada", List.of()));
    }
}
