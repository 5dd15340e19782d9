package io.eventcore.jdbc;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** Stands between a client and a server and breaks their connection at a chosen moment. */
final class TcpProxy implements Closeable {
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int serverPort;
    private final AtomicReference<Cut> cut = new AtomicReference<>(Cut.NONE);
    private final AtomicReference<Delay> delay = new AtomicReference<>(new Delay());
    private final Queue<Connection> connections = new ConcurrentLinkedQueue<>();

    /** Ends when something passes again. */
    private volatile CountDownLatch partition = new CountDownLatch(0);

    TcpProxy(int serverPort) throws IOException {
        this.serverPort = serverPort;
        inBackground(this::accept);
    }

    /** Where the connection breaks. */
    enum Moment {
        NEVER,

        /** The server does not hear of the request. */
        BEFORE_REQUEST,

        /** The server hears of the request, and its connection stays; the client's is gone at once. */
        AFTER_REQUEST,

        /** The client's connection is gone at once, and the server hears of the request when the test lets it. */
        LATE_REQUEST,

        /** The server answers, and the client does not hear of it. */
        BEFORE_RESPONSE,

        /** The server answers, and the answer never arrives, but the connection stays. */
        STALL,

        /** The server answers, and the answer arrives when the test lets it. */
        DELAY
    }

    /** An answer, or a request, that is held back until the end of this. */
    static final class Delay implements AutoCloseable {
        private final CountDownLatch held = new CountDownLatch(1);
        private final CountDownLatch end = new CountDownLatch(1);

        /** Waits until the server has answered, so what it was asked for is done; or until the request is held back. */
        void awaitHeld() {
            Holder.await(held);
        }

        /** Lets it go. */
        void end() {
            end.countDown();
        }

        @Override
        public void close() {
            end();
        }

        private void hold() {
            held.countDown();
            Holder.await(end);
        }
    }

    /** Breaks the connection of the next request that contains a text. */
    private record Cut(String text, Moment moment) {
        private static final Cut NONE = new Cut("", Moment.NEVER);

        boolean concerns(byte[] bytes, int length) {
            return moment != Moment.NEVER && new String(bytes, 0, length, StandardCharsets.UTF_8).contains(text);
        }
    }

    /** A client's connection, and how it was broken. */
    private record Connection(Socket client, AtomicReference<Moment> broken) {}

    int port() {
        return listener.getLocalPort();
    }

    void breakAt(String text, Moment moment) {
        cut.set(new Cut(text, moment));
    }

    /** Breaks the connections of all clients now; the server is at work on what they have asked for, and hears of nothing. */
    void cutClients() throws IOException {
        for (Connection connection = connections.poll(); connection != null; connection = connections.poll()) {
            connection.broken.set(Moment.AFTER_REQUEST);
            connection.client.close();
        }
    }

    /**
     * Lets nothing pass in any direction until {@link #heal}, as a firewall that drops packets: connections are made and
     * stay, and what is sent waits.
     */
    void partition() {
        partition = new CountDownLatch(1);
    }

    /** Lets pass what has waited, and what follows. */
    void heal() {
        partition.countDown();
    }

    private void awaitPassage() throws IOException {
        try {
            partition.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** Holds back the answer to the next request that contains a text. */
    Delay delayAt(String text) {
        return delayAt(text, Moment.DELAY);
    }

    /** Breaks the connection at the next request that contains a text, and holds the request back. */
    Delay lateAt(String text) {
        return delayAt(text, Moment.LATE_REQUEST);
    }

    private Delay delayAt(String text, Moment moment) {
        Delay next = new Delay();
        delay.set(next);
        breakAt(text, moment);
        return next;
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = listener.accept();
            Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
            AtomicReference<Moment> broken = new AtomicReference<>(Moment.NEVER);
            connections.add(new Connection(client, broken));
            inBackground(() -> passRequests(client, server, broken));
            inBackground(() -> passResponses(client, server, broken));
        }
    }

    private void passRequests(Socket client, Socket server, AtomicReference<Moment> broken) throws IOException {
        InputStream in = client.getInputStream();
        OutputStream out = server.getOutputStream();
        byte[] bytes = new byte[65_536];
        for (int length = in.read(bytes); length >= 0; length = in.read(bytes)) {
            Cut armed = Objects.requireNonNull(cut.get());
            Moment moment =
                    armed.concerns(bytes, length) && cut.compareAndSet(armed, Cut.NONE) ? armed.moment : Moment.NEVER;
            broken.compareAndSet(Moment.NEVER, moment);
            if (moment == Moment.BEFORE_REQUEST) {
                server.close();
                client.close();
                return;
            }
            boolean alone = moment == Moment.AFTER_REQUEST || moment == Moment.LATE_REQUEST;
            if (alone) {
                // First: the server may answer before this thread goes on.
                client.close();
            }
            if (moment == Moment.LATE_REQUEST) {
                Objects.requireNonNull(delay.get()).hold();
            }
            awaitPassage();
            out.write(bytes, 0, length);
            out.flush();
            if (alone) {
                return;
            }
        }
        if (broken.get() == Moment.NEVER) {
            server.close();
        }
    }

    private void passResponses(Socket client, Socket server, AtomicReference<Moment> broken) throws IOException {
        try (client;
                server) {
            InputStream in = server.getInputStream();
            OutputStream out = client.getOutputStream();
            byte[] bytes = new byte[65_536];
            for (int length = in.read(bytes); length >= 0; length = in.read(bytes)) {
                if (broken.get() == Moment.BEFORE_RESPONSE) {
                    return;
                }
                if (broken.compareAndSet(Moment.DELAY, Moment.NEVER)) {
                    Objects.requireNonNull(delay.get()).hold();
                }
                if (broken.get() != Moment.STALL) {
                    awaitPassage();
                    out.write(bytes, 0, length);
                    out.flush();
                }
            }
        }
    }

    @FunctionalInterface
    private interface Task {
        void run() throws IOException;
    }

    private static void inBackground(Task task) {
        Thread thread = new Thread(() -> {
            try {
                task.run();
            } catch (IOException closed) {
                Thread.currentThread().interrupt();
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
