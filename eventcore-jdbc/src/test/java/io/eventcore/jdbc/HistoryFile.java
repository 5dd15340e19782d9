package io.eventcore.jdbc;

import io.eventcore.AppendedEvent;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** How ids and places of events stand in the file of a {@link History}. */
final class HistoryFile {
    private HistoryFile() {}

    static void write(DataOutputStream file, List<UUID> ids) throws IOException {
        file.writeInt(ids.size());
        for (UUID id : ids) {
            file.writeLong(id.getMostSignificantBits());
            file.writeLong(id.getLeastSignificantBits());
        }
    }

    static List<UUID> readIds(DataInputStream file) throws IOException {
        int size = file.readInt();
        List<UUID> ids = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            ids.add(new UUID(file.readLong(), file.readLong()));
        }
        return ids;
    }

    static void write(DataOutputStream file, EventStreamSlice slice) throws IOException {
        write(file, slice.events().stream().map(AppendedEvent::id).toList());
        for (AppendedEvent event : slice.events()) {
            file.writeUTF(event.streamId().value());
            file.writeLong(event.version().value());
            file.writeLong(event.position().value());
        }
    }

    static EventStreamSlice readSlice(DataInputStream file) throws IOException {
        List<AppendedEvent> events = new ArrayList<>();
        for (UUID id : readIds(file)) {
            events.add(new AppendedEvent(
                    id,
                    StreamId.of(file.readUTF()),
                    StreamVersion.of(file.readLong()),
                    GlobalPosition.of(file.readLong())));
        }
        return new EventStreamSlice(events);
    }
}
