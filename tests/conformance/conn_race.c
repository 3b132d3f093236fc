/* Parties that race on one connection, its deadlines and its close: see conn.h. */
#include <errno.h>
#include <string.h>

#include "tests/conformance/conn.h"

#define RACERS     10
#define RACES      100
#define CONCURRENT 30

static void race_reading(void *argument)
{
    struct conn *self = argument;
    char data[CONN_CHUNK];

    for (int i = 0; i < RACES; i++) {
        long result = self->run->net->read(self->fd, data, sizeof data);

        memset(data, 0, sizeof data);
        if (result < 0) {
            self->wrong += result != -EAGAIN;
            self->run->net->set_read_deadline(self->fd, conn_in_ms(self->run, 1));
        }
    }
    self->left--;
}

CASE(conn_racy_read)
{
    struct conn conn = conn_opened(run);

    expect(run, "wrong answers = 0\n");
    beside(run, conn_pour, &conn);
    run->net->set_read_deadline(conn.fd, conn_in_ms(run, 1));
    for (int i = 0; i < RACERS; i++)
        conn_start(&conn, race_reading);
    conn_await(&conn);
    conn_close_and_join(&conn);
}

static void race_writing(void *argument)
{
    struct conn *self = argument;
    char data[CONN_CHUNK] = {0};

    for (int i = 0; i < RACES; i++) {
        long result = self->run->net->sendto(self->fd, data, sizeof data, MSG_NOSIGNAL, NULL);

        memset(data, 0, sizeof data);
        if (result < 0) {
            self->wrong += result != -EAGAIN;
            self->run->net->set_write_deadline(self->fd, conn_in_ms(self->run, 1));
        }
    }
    self->left--;
}

CASE(conn_racy_write)
{
    struct conn conn = conn_opened(run);

    expect(run, "wrong answers = 0\n");
    beside(run, conn_discard, &conn);
    run->net->set_write_deadline(conn.fd, conn_in_ms(run, 1));
    for (int i = 0; i < RACERS; i++)
        conn_start(&conn, race_writing);
    conn_await(&conn);
    conn_close_and_join(&conn);
}

static void read_until_it_fails(void *argument)
{
    struct conn *self = argument;
    long result = conn_read_chunk(self);

    while (result > 0)
        result = conn_read_chunk(self);
    self->wrong += !self->started || (result != -EAGAIN && result != -EBADF);
    self->left--;
}

static void write_until_it_fails(void *argument)
{
    struct conn *self = argument;
    long result = conn_write_chunk(self);

    while (result > 0)
        result = conn_write_chunk(self);
    self->wrong += !self->started || (result != -EAGAIN && result != -EBADF);
    self->left--;
}

CASE(conn_present_timeout)
{
    struct conn conn = conn_opened(run);

    expect(run, "both wait: 1\nwrong answers = 0\n");
    conn_start(&conn, read_until_it_fails);
    conn_start(&conn, write_until_it_fails);
    run->net->sleep(100 * DRILL_MS);
    say(run, "both wait: %d", conn.left == 2);
    conn.started = true;
    conn_set_deadlines(&conn, CONN_LONG_AGO);
    conn_await(&conn);
    conn_close_and_join(&conn);
}

CASE(conn_future_timeout)
{
    struct conn conn = conn_opened(run);
    int64_t begin = run->net->monotonic();

    expect(run, "wrong answers = 0\nafter 100 ms\nin step again: 1\n"
                "round trip out = 13\nround trip back = 13 'Hello, world!'\n");
    conn.started = true;
    conn_set_deadlines(&conn, conn_in_ms(run, 100));
    conn_start(&conn, read_until_it_fails);
    conn_start(&conn, write_until_it_fails);
    conn_await(&conn);
    say(run, "after %d ms", (int)((run->net->monotonic() - begin) / DRILL_MS));
    beside(run, conn_echo, &conn);
    conn_resynchronize(&conn);
    conn_round_trip(&conn);
    conn_close_and_join(&conn);
}

CASE(conn_close_timeout)
{
    struct conn conn = conn_opened(run);

    expect(run, "both wait or work: 1\nstop = 0\nclose = 0\nwrong answers = 0\n");
    beside(run, conn_echo, &conn);
    conn_start(&conn, read_until_it_fails);
    conn_start(&conn, write_until_it_fails);
    run->net->sleep(100 * DRILL_MS);
    say(run, "both wait or work: %d", conn.left == 2);
    conn.started = true;
    tell(run, "stop", run->net->stop_io(conn.fd));
    tell(run, "close", run->net->close(conn.fd));
    conn_await(&conn);
    run->net->join_all();
}

static void one_read(void *argument)
{
    struct conn *self = argument;

    conn_read_chunk(self);
    self->left--;
}

static void one_write(void *argument)
{
    struct conn *self = argument;

    conn_write_chunk(self);
    self->left--;
}

static void soon(void *argument)
{
    struct conn *self = argument;

    conn_set_deadlines(self, conn_in_ms(self->run, 10));
    self->left--;
}

static void past(void *argument)
{
    struct conn *self = argument;

    conn_set_deadlines(self, CONN_LONG_AGO);
    self->left--;
}

static void ask_names(void *argument)
{
    struct conn *self = argument;
    struct drill_sockaddr addr;

    self->wrong += self->run->net->getsockname(self->fd, &addr) != 0;
    self->wrong += self->run->net->getpeername(self->fd, &addr) != 0;
    self->left--;
}

CASE(conn_concurrent_methods)
{
    struct conn conn = conn_opened(run);

    expect(run, "wrong answers = 0\nin step again: 1\n"
                "round trip out = 13\nround trip back = 13 'Hello, world!'\n");
    beside(run, conn_echo, &conn);
    for (int i = 0; i < CONCURRENT; i++) {
        conn_start(&conn, one_read);
        conn_start(&conn, one_write);
        conn_start(&conn, soon);
        conn_start(&conn, past);
        conn_start(&conn, ask_names);
    }
    conn_await(&conn);
    conn_resynchronize(&conn);
    conn_round_trip(&conn);
    conn_close_and_join(&conn);
}
