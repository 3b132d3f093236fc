/* Input and output of a connection, and the two timeouts apart: see conn.h. */
#include "tests/conformance/conn.h"

#define BASIC_IO_BYTES ((size_t)8 << 20)

static unsigned char byte_at(size_t place)
{
    return (unsigned char)(place * 7 + place / 1021);
}

static void send_basic(void *argument)
{
    struct conn *self = argument;
    char data[CONN_CHUNK];

    for (size_t sent = 0; sent < BASIC_IO_BYTES; sent += sizeof data) {
        for (size_t i = 0; i < sizeof data; i++)
            data[i] = (char)byte_at(sent + i);
        self->digest = digest(data, sizeof data, self->digest);
        self->result = self->run->net->sendto(self->fd, data, sizeof data, MSG_NOSIGNAL, NULL);
        if (self->result != sizeof data)
            break;
    }
    self->run->net->close(self->fd);
}

CASE(conn_basic_io)
{
    struct conn conn = conn_opened(run);
    char data[CONN_CHUNK];
    uint64_t got = 0;
    long size;

    expect(run, "8388608 bytes, the same\nend = 0\nclose = 0\n");
    beside(run, send_basic, &conn);
    while ((size = run->net->read(conn.peer, data, sizeof data)) > 0) {
        got = digest(data, (size_t)size, got);
        conn.bytes += (size_t)size;
    }
    run->net->join_all();
    say(run, "%zu bytes, %s", conn.bytes, got == conn.digest ? "the same" : "others");
    tell(run, "end", size);
    tell(run, "close", run->net->close(conn.peer));
}

struct player {
    struct conn *conn;
    int fd;
    uint64_t last;
};

static void play(void *argument)
{
    struct player *self = argument;
    const struct net *net = self->conn->run->net;
    uint64_t value;

    while (net->recvfrom(self->fd, &value, sizeof value, MSG_WAITALL, NULL) == sizeof value) {
        self->conn->wrong += self->last != 0 && self->last + 2 != value;
        self->last = value++;
        if (self->last == 1000)
            break;
        if (net->sendto(self->fd, &value, sizeof value, MSG_NOSIGNAL, NULL) != sizeof value)
            break;
    }
    net->close(self->fd);
}

CASE(conn_ping_pong)
{
    struct conn conn = conn_opened(run);
    struct player a = {.conn = &conn, .fd = conn.fd};
    struct player b = {.conn = &conn, .fd = conn.peer};

    expect(run, "begin = 8\nwrong answers = 0\nlast values 1000 and 999\n");
    beside(run, play, &a);
    beside(run, play, &b);
    tell(run, "begin", run->net->write(conn.fd, "\0\0\0\0\0\0\0\0", 8));
    run->net->join_all();
    say(run, "wrong answers = %d", conn.wrong);
    say(run, "last values %d and %d", (int)(a.last > b.last ? a.last : b.last),
        (int)(a.last > b.last ? b.last : a.last));
}

CASE(conn_read_timeout)
{
    struct conn conn = conn_opened(run);

    expect(run, "read = EAGAIN\nwrite = 1024\n");
    beside(run, conn_discard, &conn);
    run->net->set_read_deadline(conn.fd, CONN_LONG_AGO);
    tell(run, "read", conn_read_chunk(&conn));
    tell(run, "write", conn_write_chunk(&conn));
    conn_close_and_join(&conn);
}

CASE(conn_write_timeout)
{
    struct conn conn = conn_opened(run);

    expect(run, "write = EAGAIN\nread = 1024\n");
    beside(run, conn_pour, &conn);
    run->net->set_write_deadline(conn.fd, CONN_LONG_AGO);
    tell(run, "write", conn_write_chunk(&conn));
    tell(run, "read", conn_read_chunk(&conn));
    conn_close_and_join(&conn);
}

CASE(conn_past_timeout)
{
    struct conn conn = conn_opened(run);

    expect(run, "round trip out = 13\nround trip back = 13 'Hello, world!'\n"
                "write = EAGAIN\nread = EAGAIN\n"
                "round trip out = 13\nround trip back = 13 'Hello, world!'\n");
    beside(run, conn_echo, &conn);
    conn_round_trip(&conn);
    conn_set_deadlines(&conn, CONN_LONG_AGO);
    tell(run, "write", conn_write_chunk(&conn));
    tell(run, "read", conn_read_chunk(&conn));
    conn_round_trip(&conn);
    conn_close_and_join(&conn);
}
