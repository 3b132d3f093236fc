#include <string.h>

#include "tools/script_parts.h"

/* NAME|NAME of a table; `prefix` may be left out.  0 is none. */
static void run_socket(const struct drill_step *step, char *room, struct drill_step_answer *answer)
{
    (void)room;
    answer->result = drill_socket(step->first, step->second, 0);
}

static void run_bind(const struct drill_step *step, char *room, struct drill_step_answer *answer)
{
    (void)room;
    answer->result = drill_bind(step->fd, &step->addr);
}

static void run_listen(const struct drill_step *step, char *room, struct drill_step_answer *answer)
{
    (void)room;
    answer->result = drill_listen(step->fd, step->first);
}

static void run_accept(const struct drill_step *step, char *room, struct drill_step_answer *answer)
{
    (void)room;
    answer->result = drill_accept(step->fd, &answer->from);
}

static void run_connect(const struct drill_step *step, char *room, struct drill_step_answer *answer)
{
    (void)room;
    answer->result = drill_connect(step->fd, &step->addr);
}

static void run_send(const struct drill_step *step, char *room, struct drill_step_answer *answer)
{
    (void)room;
    answer->result = drill_sendto(step->fd, step->bytes, step->size, step->first, NULL);
}

static void run_sendto(const struct drill_step *step, char *room, struct drill_step_answer *answer)
{
    (void)room;
    answer->result = drill_sendto(step->fd, step->bytes, step->size, 0, &step->addr);
}

static void run_recv(const struct drill_step *step, char *room, struct drill_step_answer *answer)
{
    answer->result = drill_recvfrom(step->fd, room, step->size, step->first, &answer->from);
    answer->bytes = room;
    /* With MSG_TRUNC the result may be more than there was room for. */
    if (answer->result > 0)
        answer->size = (size_t)answer->result < step->size ? (size_t)answer->result : step->size;
}

static void run_shutdown(const struct drill_step *step, char *room,
                         struct drill_step_answer *answer)
{
    (void)room;
    answer->result = drill_shutdown(step->fd, step->first);
}

static void run_close(const struct drill_step *step, char *room, struct drill_step_answer *answer)
{
    (void)room;
    answer->result = drill_close(step->fd);
}

static void run_nonblock(const struct drill_step *step, char *room,
                         struct drill_step_answer *answer)
{
    (void)room;
    answer->result = drill_set_nonblock(step->fd, step->first != 0);
}

static void run_setsockopt(const struct drill_step *step, char *room,
                           struct drill_step_answer *answer)
{
    (void)room;
    answer->result = drill_setsockopt_int(step->fd, step->first, step->second, step->third);
}

static void run_getsockopt(const struct drill_step *step, char *room,
                           struct drill_step_answer *answer)
{
    int value = 0;

    (void)room;
    answer->result = drill_getsockopt_int(step->fd, step->first, step->second, &value);
    if (answer->result >= 0)
        answer->result = value;
}

static void run_poll(const struct drill_step *step, char *room, struct drill_step_answer *answer)
{
    struct drill_pollfd asked = {.fd = step->fd, .events = (int16_t)step->first};
    const int64_t until = !step->until.given    ? DRILL_NEVER
                          : step->until.ns == 0 ? 0
                                                : drill_monotonic() + step->until.ns;

    (void)room;
    answer->result = drill_poll(&asked, 1, until);
    if (answer->result >= 0)
        answer->result = (uint16_t)asked.revents;
}

static void run_sleep(const struct drill_step *step, char *room, struct drill_step_answer *answer)
{
    (void)room;
    answer->result = drill_sleep(step->until.ns);
}

static void run_deadline(const struct drill_step *step, char *room,
                         struct drill_step_answer *answer)
{
    const int64_t when = step->until.relative ? drill_monotonic() + step->until.ns : step->until.ns;

    (void)room;
    answer->result = step->first == 0 ? drill_set_read_deadline(step->fd, when)
                                      : drill_set_write_deadline(step->fd, when);
}

static void run_stop_io(const struct drill_step *step, char *room, struct drill_step_answer *answer)
{
    (void)room;
    answer->result = drill_stop_io(step->fd);
}

static const struct drill_step_row rows[] = {
    {"socket", drill_step_read_socket, run_socket, .opens = true},
    {"bind", drill_step_read_fd_addr, run_bind, .opens = false},
    {"listen", drill_step_read_listen, run_listen, .opens = false},
    {"accept", drill_step_read_fd, run_accept, .opens = true},
    {"connect", drill_step_read_fd_addr, run_connect, .opens = false},
    {"send", drill_step_read_send, run_send, .opens = false},
    {"sendto", drill_step_read_sendto, run_sendto, .opens = false},
    {"recv", drill_step_read_recv, run_recv, .receives = true},
    {"recvfrom", drill_step_read_recv, run_recv, .receives = true},
    {"shutdown", drill_step_read_shutdown, run_shutdown, .opens = false},
    {"close", drill_step_read_fd, run_close, .opens = false},
    {"nonblock", drill_step_read_nonblock, run_nonblock, .opens = false},
    {"setsockopt", drill_step_read_setsockopt, run_setsockopt, .opens = false},
    {"getsockopt", drill_step_read_option, run_getsockopt, .opens = false},
    {"poll", drill_step_read_poll, run_poll, .polls = true},
    {"sleep", drill_step_read_sleep, run_sleep, .opens = false},
    {"deadline", drill_step_read_deadline, run_deadline, .opens = false},
    {"stop_io", drill_step_read_fd, run_stop_io, .opens = false},
};

const struct drill_step_row *drill_step_row(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}
