/* Deadlines and the end of all input and output: what api/syscall.h adds to Linux. */
#include "tests/conformance/harness.h"

#define LONG_AGO INT64_C(1)

/* Time has to stand above LONG_AGO before a deadline can lie in the past. */
static void started_pair(struct run *run, int pair[2])
{
    run->net->sleep(DRILL_SECOND);
    connected_pair(run, pair);
}

static long read_some(struct run *run, int fd)
{
    char data[64];

    return run->net->read(fd, data, sizeof data);
}

static long write_some(struct run *run, int fd)
{
    return run->net->write(fd, "0123456789", 10);
}

static long long elapsed_ms(struct run *run, int64_t since)
{
    return (run->net->monotonic() - since) / DRILL_MS;
}

static int64_t in_ms(struct run *run, int64_t delay_ms)
{
    return run->net->monotonic() + delay_ms * DRILL_MS;
}

CASE(a_past_read_deadline_ends_reads_and_leaves_writes)
{
    int pair[2];

    expect(run, "set = 0\n"
                "read = EAGAIN\n"
                "write = 10\n"
                "read with bytes there = EAGAIN\n"
                "the peer's read = 10\n"
                "clear = 0\n"
                "read = 10\n");
    started_pair(run, pair);
    tell(run, "set", run->net->set_read_deadline(pair[0], LONG_AGO));
    tell(run, "read", read_some(run, pair[0]));
    tell(run, "write", write_some(run, pair[0]));
    write_some(run, pair[1]);
    run->net->settle();
    tell(run, "read with bytes there", read_some(run, pair[0]));
    tell(run, "the peer's read", read_some(run, pair[1]));
    tell(run, "clear", run->net->set_read_deadline(pair[0], 0));
    tell(run, "read", read_some(run, pair[0]));
}

CASE(a_past_write_deadline_ends_writes_and_leaves_reads)
{
    int pair[2];

    expect(run, "set = 0\n"
                "write = EAGAIN\n"
                "send = EAGAIN\n"
                "read = 10\n"
                "clear = 0\n"
                "write = 10\n");
    started_pair(run, pair);
    tell(run, "set", run->net->set_write_deadline(pair[0], LONG_AGO));
    tell(run, "write", write_some(run, pair[0]));
    tell(run, "send", send_text(run, pair[0], "x"));
    write_some(run, pair[1]);
    tell(run, "read", read_some(run, pair[0]));
    tell(run, "clear", run->net->set_write_deadline(pair[0], 0));
    tell(run, "write", write_some(run, pair[0]));
}

CASE(a_deadline_of_now_has_passed)
{
    int pair[2];

    expect(run, "read = EAGAIN\nwrite = EAGAIN\n0 ms later\n");
    started_pair(run, pair);
    run->net->set_read_deadline(pair[0], run->net->monotonic());
    run->net->set_write_deadline(pair[0], run->net->monotonic());
    tell(run, "read", read_some(run, pair[0]));
    tell(run, "write", write_some(run, pair[0]));
    say(run, "%lld ms later", elapsed_ms(run, DRILL_SECOND));
}

CASE(a_future_deadline_ends_a_read_on_time)
{
    int pair[2];
    int64_t start;

    expect(run, "read = EAGAIN\n100 ms later\nread again = EAGAIN\n100 ms later\n");
    started_pair(run, pair);
    start = run->net->monotonic();
    run->net->set_read_deadline(pair[0], start + 100 * DRILL_MS);
    tell(run, "read", read_some(run, pair[0]));
    say(run, "%lld ms later", elapsed_ms(run, start));
    tell(run, "read again", read_some(run, pair[0]));
    say(run, "%lld ms later", elapsed_ms(run, start));
}

CASE(a_deadline_on_one_end_leaves_the_other)
{
    int pair[2];

    expect(run, "the other's write = 10\nthe other's read = EAGAIN\n");
    started_pair(run, pair);
    run->net->set_read_deadline(pair[0], LONG_AGO);
    run->net->set_write_deadline(pair[0], LONG_AGO);
    tell(run, "the other's write", write_some(run, pair[1]));
    run->net->set_nonblock(pair[1], true);
    tell(run, "the other's read", read_some(run, pair[1]));
}

enum operation {
    READ,
    WRITE_ALL,
    ACCEPT,
    RECVFROM,
};

/* One that waits in a call; when and with what it came back. */
struct waiter {
    struct run *run;
    enum operation operation;
    int fd;
    long result;
    int64_t ended_ns;
};

static long write_until_it_fails(struct run *run, int fd)
{
    static const char data[4096];
    long result = 0;

    for (int i = 0; i < 100000 && result >= 0; i++)
        result = run->net->sendto(fd, data, sizeof data, MSG_NOSIGNAL, NULL);
    return result;
}

static void wait_in_call(void *argument)
{
    struct waiter *self = argument;
    char data[64];

    switch (self->operation) {
    case READ:
        self->result = read_some(self->run, self->fd);
        break;
    case WRITE_ALL:
        self->result = write_until_it_fails(self->run, self->fd);
        break;
    case ACCEPT:
        self->result = self->run->net->accept(self->fd, NULL);
        break;
    case RECVFROM:
        self->result = self->run->net->recvfrom(self->fd, data, sizeof data, 0, NULL);
        break;
    }
    self->ended_ns = self->run->net->monotonic();
}

/* Starts a waiter and lets it come to its call. */
static void start_waiter(struct run *run, struct waiter *self, enum operation operation, int fd)
{
    *self = (struct waiter){.run = run, .operation = operation, .fd = fd};
    beside(run, wait_in_call, self);
    run->net->sleep(DRILL_MS);
}

static void tell_waiter(struct run *run, const char *what, const struct waiter *self, int64_t start)
{
    tell(run, what, self->result);
    say(run, "%lld ms later", (long long)((self->ended_ns - start) / DRILL_MS));
}

CASE(a_deadline_set_while_somebody_waits_counts)
{
    struct waiter reader;
    int pair[2];
    int64_t start;

    expect(run, "set = 0\nread = EAGAIN\n50 ms later\n");
    started_pair(run, pair);
    start_waiter(run, &reader, READ, pair[0]);
    start = run->net->monotonic();
    tell(run, "set", run->net->set_read_deadline(pair[0], start + 50 * DRILL_MS));
    run->net->join_all();
    tell_waiter(run, "read", &reader, start);
}

CASE(a_past_deadline_set_while_somebody_waits_wakes_it)
{
    struct waiter reader;
    int pair[2];
    int64_t start;

    expect(run, "set = 0\nread = EAGAIN\n0 ms later\n");
    started_pair(run, pair);
    start_waiter(run, &reader, READ, pair[0]);
    start = run->net->monotonic();
    tell(run, "set", run->net->set_read_deadline(pair[0], LONG_AGO));
    run->net->join_all();
    tell_waiter(run, "read", &reader, start);
}

CASE(a_deadline_moved_nearer_while_somebody_waits)
{
    struct waiter reader;
    int pair[2];
    int64_t start;

    expect(run, "read = EAGAIN\n20 ms later\n");
    started_pair(run, pair);
    run->net->set_read_deadline(pair[0], in_ms(run, 500));
    start_waiter(run, &reader, READ, pair[0]);
    start = run->net->monotonic();
    run->net->set_read_deadline(pair[0], in_ms(run, 20));
    run->net->join_all();
    tell_waiter(run, "read", &reader, start);
}

CASE(a_deadline_moved_away_while_somebody_waits)
{
    struct waiter reader;
    int pair[2];
    int64_t start;

    expect(run, "read = EAGAIN\n700 ms later\n");
    started_pair(run, pair);
    run->net->set_read_deadline(pair[0], in_ms(run, 50));
    start_waiter(run, &reader, READ, pair[0]);
    start = run->net->monotonic();
    run->net->set_read_deadline(pair[0], in_ms(run, 700));
    run->net->join_all();
    tell_waiter(run, "read", &reader, start);
}

CASE(a_deadline_cleared_while_somebody_waits)
{
    struct waiter reader;
    int pair[2];
    int64_t start;

    expect(run, "read = 10\n200 ms later\n");
    started_pair(run, pair);
    run->net->set_read_deadline(pair[0], in_ms(run, 50));
    start_waiter(run, &reader, READ, pair[0]);
    start = run->net->monotonic();
    run->net->set_read_deadline(pair[0], 0);
    run->net->sleep(200 * DRILL_MS);
    write_some(run, pair[1]);
    run->net->join_all();
    tell_waiter(run, "read", &reader, start);
}

CASE(a_deadline_wakes_every_reader_and_no_writer)
{
    struct waiter readers[3];
    struct waiter writer;
    int pair[2];
    int64_t start;

    expect(run, "read = EAGAIN\n30 ms later\n"
                "read = EAGAIN\n30 ms later\n"
                "read = EAGAIN\n30 ms later\n"
                "write = EAGAIN\n90 ms later\n");
    started_pair(run, pair);
    for (int i = 0; i < 3; i++)
        start_waiter(run, &readers[i], READ, pair[0]);
    start_waiter(run, &writer, WRITE_ALL, pair[0]);
    start = run->net->monotonic();
    run->net->set_read_deadline(pair[0], start + 30 * DRILL_MS);
    run->net->set_write_deadline(pair[0], start + 90 * DRILL_MS);
    run->net->join_all();
    for (int i = 0; i < 3; i++)
        tell_waiter(run, "read", &readers[i], start);
    tell_waiter(run, "write", &writer, start);
}

CASE(a_write_deadline_cuts_a_write_that_waits)
{
    static char data[8 << 20];
    int pair[2];
    int64_t start;
    long written;

    expect(run, "some were written: 1\n40 ms later\nthe rest = EAGAIN\n");
    started_pair(run, pair);
    start = run->net->monotonic();
    run->net->set_write_deadline(pair[0], start + 40 * DRILL_MS);
    written = run->net->sendto(pair[0], data, sizeof data, MSG_NOSIGNAL, NULL);
    say(run, "some were written: %d", written > 0 && written < (long)sizeof data);
    say(run, "%lld ms later", elapsed_ms(run, start));
    tell(run, "the rest", write_some(run, pair[0]));
}

CASE(a_read_deadline_ends_accept)
{
    struct drill_sockaddr addr;
    int fd = listener(run, 4, &addr);
    int64_t start = run->net->monotonic();

    expect(run, "accept = EAGAIN\n60 ms later\naccept with one there = EAGAIN\naccept = ok\n");
    run->net->set_read_deadline(fd, start + 60 * DRILL_MS);
    tell(run, "accept", run->net->accept(fd, NULL));
    say(run, "%lld ms later", elapsed_ms(run, start));
    connected_to(run, &addr);
    tell(run, "accept with one there", run->net->accept(fd, NULL));
    run->net->set_read_deadline(fd, 0);
    tell_fd(run, "accept", run->net->accept(fd, NULL));
}

CASE(a_read_deadline_ends_recvfrom_on_a_datagram_socket)
{
    struct drill_sockaddr addr;
    int fd = bound_socket(run, SOCK_DGRAM, &addr);
    int64_t start = run->net->monotonic();

    expect(run, "recvfrom = EAGAIN\n60 ms later\nsendto = 1\n");
    run->net->set_read_deadline(fd, start + 60 * DRILL_MS);
    tell(run, "recvfrom", read_some(run, fd));
    say(run, "%lld ms later", elapsed_ms(run, start));
    tell(run, "sendto", run->net->sendto(fd, "x", 1, 0, &addr));
}

CASE(deadlines_of_what_is_no_socket)
{
    expect(run, "read = EBADF\nwrite = EBADF\nstop = EBADF\nread on 1000 = EBADF\n");
    tell(run, "read", run->net->set_read_deadline(-1, LONG_AGO));
    tell(run, "write", run->net->set_write_deadline(-1, LONG_AGO));
    tell(run, "stop", run->net->stop_io(-1));
    tell(run, "read on 1000", run->net->set_read_deadline(1000, LONG_AGO));
}

CASE(stop_io_wakes_every_waiter_of_a_stream)
{
    struct waiter readers[2];
    struct waiter writer;
    int pair[2];

    expect(run, "stop = 0\nread = EBADF\nread = EBADF\nwrite = EBADF\n"
                "later read = EBADF\nlater write = EBADF\nclose = 0\nclose again = EBADF\n");
    started_pair(run, pair);
    start_waiter(run, &readers[0], READ, pair[0]);
    start_waiter(run, &readers[1], READ, pair[0]);
    start_waiter(run, &writer, WRITE_ALL, pair[0]);
    tell(run, "stop", run->net->stop_io(pair[0]));
    run->net->join_all();
    tell(run, "read", readers[0].result);
    tell(run, "read", readers[1].result);
    tell(run, "write", writer.result);
    tell(run, "later read", read_some(run, pair[0]));
    tell(run, "later write", write_some(run, pair[0]));
    tell(run, "close", run->net->close(pair[0]));
    tell(run, "close again", run->net->close(pair[0]));
}

CASE(stop_io_wakes_who_waits_in_accept_and_recvfrom)
{
    struct drill_sockaddr addr;
    struct waiter acceptor;
    struct waiter receiver;
    int stream = listener(run, 1, &addr);
    int datagram = bound_socket(run, SOCK_DGRAM, &addr);

    expect(run, "stop = 0\nstop = 0\naccept = EBADF\nrecvfrom = EBADF\n");
    start_waiter(run, &acceptor, ACCEPT, stream);
    start_waiter(run, &receiver, RECVFROM, datagram);
    tell(run, "stop", run->net->stop_io(stream));
    tell(run, "stop", run->net->stop_io(datagram));
    run->net->join_all();
    tell(run, "accept", acceptor.result);
    tell(run, "recvfrom", receiver.result);
}
