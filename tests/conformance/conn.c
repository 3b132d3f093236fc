#include "tests/conformance/conn.h"

struct conn conn_opened(struct run *run)
{
    int pair[2];

    run->net->sleep(DRILL_SECOND);
    connected_pair(run, pair);
    return (struct conn){.run = run, .fd = pair[0], .peer = pair[1]};
}

void conn_set_deadlines(struct conn *self, int64_t when_ns)
{
    self->run->net->set_read_deadline(self->fd, when_ns);
    self->run->net->set_write_deadline(self->fd, when_ns);
}

int64_t conn_in_ms(struct run *run, int64_t delay_ms)
{
    return run->net->monotonic() + delay_ms * DRILL_MS;
}

void conn_start(struct conn *self, void (*party)(void *))
{
    self->left++;
    if (beside(self->run, party, self) < 0)
        self->left--;
}

void conn_await(struct conn *self)
{
    for (int i = 0; self->left > 0 && i < 60000; i++)
        self->run->net->sleep(DRILL_MS);
    say(self->run, "wrong answers = %d", self->wrong);
}

void conn_close_and_join(struct conn *self)
{
    self->run->net->stop_io(self->fd);
    self->run->net->close(self->fd);
    self->run->net->join_all();
    self->run->net->close(self->peer);
}

static long write_fully(struct run *run, int fd, const char *data, size_t size)
{
    return run->net->sendto(fd, data, size, MSG_NOSIGNAL, NULL);
}

void conn_echo(void *argument)
{
    struct conn *self = argument;
    char data[CONN_CHUNK];
    long size;

    while ((size = self->run->net->read(self->peer, data, sizeof data)) > 0) {
        self->run->net->sleep(DRILL_US);
        if (write_fully(self->run, self->peer, data, (size_t)size) < 0)
            break;
    }
}

void conn_discard(void *argument)
{
    struct conn *self = argument;
    char data[CONN_CHUNK];

    while (self->run->net->read(self->peer, data, sizeof data) > 0)
        ;
}

void conn_pour(void *argument)
{
    struct conn *self = argument;
    static const char data[CONN_CHUNK];

    while (write_fully(self->run, self->peer, data, sizeof data) > 0)
        ;
}

void conn_round_trip(struct conn *self)
{
    char data[13] = "-------------";
    struct run *run = self->run;
    long size;

    conn_set_deadlines(self, 0);
    tell(run, "round trip out", write_fully(run, self->fd, "Hello, world!", 13));
    size = run->net->recvfrom(self->fd, data, sizeof data, MSG_WAITALL, NULL);
    tell_data(run, "round trip back", size, data);
}

static void send_mark(void *argument)
{
    struct conn *self = argument;

    self->result = write_fully(self->run, self->fd, "\xff", 1);
}

/* Reads what is still on its way back from the conn_echo, up to a mark that nothing else contains.
 */
void conn_resynchronize(struct conn *self)
{
    char data[CONN_CHUNK];
    long size;

    conn_set_deadlines(self, 0);
    beside(self->run, send_mark, self);
    do
        size = self->run->net->read(self->fd, data, sizeof data);
    while (size > 0 && (unsigned char)data[size - 1] != 0xff);
    say(self->run, "in step again: %d", size > 0);
}

long conn_read_chunk(struct conn *self)
{
    char data[CONN_CHUNK];

    return self->run->net->read(self->fd, data, sizeof data);
}

long conn_write_chunk(struct conn *self)
{
    static const char data[CONN_CHUNK];

    return write_fully(self->run, self->fd, data, sizeof data);
}
