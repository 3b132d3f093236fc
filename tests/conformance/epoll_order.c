/* epoll: the order of the ready, sets in sets, exclusive entries, and what epoll_ctl refuses. */
#include "tests/conformance/local.h"

#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

#define PAIRS 4

static long control(struct run *run, int epoll, int op, int fd, uint32_t events, char tag)
{
    struct drill_epoll_event event = {.events = events, .data = (uint64_t)tag};

    return run->net->epoll_ctl(epoll, op, fd, &event);
}

static void add(struct run *run, int epoll, int fd, uint32_t events, char tag)
{
    must(run, "add", (int)control(run, epoll, EPOLL_CTL_ADD, fd, events, tag));
}

/* Says the letters of the ready in their order. */
static void tell_order(struct run *run, const char *what, int epoll, int max)
{
    struct drill_epoll_event events[16];
    char text[17] = "";
    int count = run->net->epoll_wait(epoll, events, max, 0);

    if (count < 0) {
        tell(run, what, count);
        return;
    }
    for (int i = 0; i < count; i++)
        text[i] = (char)events[i].data;
    say(run, "%s: %d '%s'", what, count, text);
}

/* Pairs a, b, c, d; the second of each is in the set. */
static int set_of_pairs(struct run *run, int pairs[PAIRS][2], uint32_t events)
{
    int epoll = must(run, "epoll_create", run->net->epoll_create());

    for (int i = 0; i < PAIRS; i++) {
        local_pair(run, SOCK_STREAM, pairs[i]);
        add(run, epoll, pairs[i][1], events, (char)('a' + i));
    }
    return epoll;
}

CASE(the_ready_come_in_the_order_in_which_they_became_it)
{
    int pairs[PAIRS][2];
    int epoll = set_of_pairs(run, pairs, EPOLLIN);

    send_text(run, pairs[2][0], "a");
    send_text(run, pairs[0][0], "a");
    send_text(run, pairs[3][0], "a");
    send_text(run, pairs[2][0], "a");
    tell_order(run, "first", epoll, 8);
    tell_order(run, "again", epoll, 8);
    send_text(run, pairs[1][0], "a");
    tell_order(run, "with one more", epoll, 8);
    tell_recv(run, "recv", pairs[0][1], 8, 0);
    tell_order(run, "with one less", epoll, 8);
    send_text(run, pairs[0][0], "a");
    tell_order(run, "back again", epoll, 8);
}

CASE(who_did_not_fit_comes_first_next_time)
{
    int pairs[PAIRS][2];
    int epoll = set_of_pairs(run, pairs, EPOLLIN);

    for (int i = 0; i < PAIRS; i++)
        send_text(run, pairs[i][0], "a");
    for (int i = 0; i < 6; i++)
        tell_order(run, "three at a time", epoll, 3);
    for (int i = 0; i < 5; i++)
        tell_order(run, "one at a time", epoll, 1);
}

CASE(edges_that_did_not_fit_are_kept)
{
    int pairs[PAIRS][2];
    int epoll = set_of_pairs(run, pairs, EPOLLIN | EPOLLET);

    for (int i = 0; i < PAIRS; i++)
        send_text(run, pairs[i][0], "a");
    tell_order(run, "three at a time", epoll, 3);
    send_text(run, pairs[0][0], "a");
    tell_order(run, "three at a time", epoll, 3);
    tell_order(run, "three at a time", epoll, 3);
}

CASE(levels_and_edges_in_one_set)
{
    int pairs[PAIRS][2];
    int epoll = set_of_pairs(run, pairs, EPOLLIN);

    must(run, "MOD", (int)control(run, epoll, EPOLL_CTL_MOD, pairs[1][1], EPOLLIN | EPOLLET, 'B'));
    must(run, "MOD",
         (int)control(run, epoll, EPOLL_CTL_MOD, pairs[2][1], EPOLLIN | EPOLLONESHOT, 'C'));
    for (int i = 0; i < PAIRS; i++)
        send_text(run, pairs[i][0], "a");
    tell_order(run, "first", epoll, 8);
    tell_order(run, "second", epoll, 8);
    for (int i = PAIRS - 1; i >= 0; i--)
        send_text(run, pairs[i][0], "a");
    tell_order(run, "third", epoll, 8);
    tell_order(run, "fourth", epoll, 8);
}

CASE(an_entry_that_is_ready_when_added_queues_behind)
{
    int pairs[PAIRS][2];
    int epoll = must(run, "epoll_create", run->net->epoll_create());

    for (int i = 0; i < PAIRS; i++) {
        local_pair(run, SOCK_STREAM, pairs[i]);
        send_text(run, pairs[i][0], "a");
    }
    for (int i = PAIRS - 1; i >= 0; i--)
        add(run, epoll, pairs[i][1], EPOLLIN, (char)('a' + i));
    tell_order(run, "as added", epoll, 8);
    tell(run, "DEL", run->net->epoll_ctl(epoll, EPOLL_CTL_DEL, pairs[3][1], NULL));
    add(run, epoll, pairs[3][1], EPOLLIN, 'D');
    tell_order(run, "the first added anew", epoll, 8);
    tell(run, "MOD", control(run, epoll, EPOLL_CTL_MOD, pairs[2][1], EPOLLIN, 'C'));
    tell_order(run, "one changed", epoll, 8);
}

CASE(epoll_ctl_refuses_what_makes_no_sense)
{
    struct drill_epoll_event event = {.events = EPOLLIN};
    int epoll = must(run, "epoll_create", run->net->epoll_create());
    int fd = local_socket(run, SOCK_STREAM, NULL);

    tell(run, "MOD of none", control(run, epoll, EPOLL_CTL_MOD, fd, EPOLLIN, 'a'));
    tell(run, "DEL of none", run->net->epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL));
    tell(run, "ADD", control(run, epoll, EPOLL_CTL_ADD, fd, EPOLLIN, 'a'));
    tell(run, "ADD again", control(run, epoll, EPOLL_CTL_ADD, fd, EPOLLIN, 'a'));
    tell(run, "op 0", control(run, epoll, 0, fd, EPOLLIN, 'a'));
    tell(run, "op 4", control(run, epoll, 4, fd, EPOLLIN, 'a'));
    tell(run, "op -1", control(run, epoll, -1, fd, EPOLLIN, 'a'));
    tell(run, "DEL with an event", run->net->epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &event));
    tell(run, "ADD of itself", run->net->epoll_ctl(epoll, EPOLL_CTL_ADD, epoll, &event));
    tell(run, "ADD without an event", run->net->epoll_ctl(epoll, EPOLL_CTL_ADD, fd, NULL));
    tell(run, "MOD without an event", run->net->epoll_ctl(epoll, EPOLL_CTL_MOD, fd, NULL));
    tell(run, "ADD of all bits", control(run, epoll, EPOLL_CTL_ADD, fd, 0x0fffffff, 'a'));
}

CASE(epoll_wait_refuses_to_fill_nothing)
{
    struct drill_epoll_event event;
    int epoll = must(run, "epoll_create", run->net->epoll_create());

    tell(run, "max 0", run->net->epoll_wait(epoll, &event, 0, 0));
    tell(run, "max -1", run->net->epoll_wait(epoll, &event, -1, 0));
    tell(run, "max 1", run->net->epoll_wait(epoll, &event, 1, 0));
}

CASE(exclusive_is_for_adding_and_goes_with_few_bits)
{
    int epoll = must(run, "epoll_create", run->net->epoll_create());
    int other = must(run, "epoll_create", run->net->epoll_create());
    int fd = local_socket(run, SOCK_STREAM, NULL);

    tell(run, "ADD ONESHOT",
         control(run, epoll, EPOLL_CTL_ADD, fd, EPOLLEXCLUSIVE | EPOLLONESHOT, 'a'));
    tell(run, "ADD RDHUP",
         control(run, epoll, EPOLL_CTL_ADD, fd, EPOLLEXCLUSIVE | EPOLLRDHUP, 'a'));
    tell(run, "ADD PRI", control(run, epoll, EPOLL_CTL_ADD, fd, EPOLLEXCLUSIVE | EPOLLPRI, 'a'));
    tell(run, "ADD of a set", control(run, epoll, EPOLL_CTL_ADD, other, EPOLLEXCLUSIVE, 'a'));
    tell(
        run, "ADD IN OUT ET",
        control(run, epoll, EPOLL_CTL_ADD, fd, EPOLLEXCLUSIVE | EPOLLIN | EPOLLOUT | EPOLLET, 'a'));
    tell(run, "MOD", control(run, epoll, EPOLL_CTL_MOD, fd, EPOLLIN, 'a'));
    tell(run, "MOD EXCLUSIVE",
         control(run, epoll, EPOLL_CTL_MOD, fd, EPOLLEXCLUSIVE | EPOLLIN, 'a'));
    tell_order(run, "ready", epoll, 4);
    tell(run, "DEL", run->net->epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL));
    tell(run, "ADD", control(run, epoll, EPOLL_CTL_ADD, fd, EPOLLIN, 'a'));
    tell(run, "MOD EXCLUSIVE",
         control(run, epoll, EPOLL_CTL_MOD, fd, EPOLLEXCLUSIVE | EPOLLIN, 'a'));
}

CASE(a_set_in_a_set_is_ready_when_it_has_somebody_ready)
{
    int outer = must(run, "epoll_create", run->net->epoll_create());
    int inner = must(run, "epoll_create", run->net->epoll_create());
    int pair[2];

    local_pair(run, SOCK_STREAM, pair);
    add(run, inner, pair[1], EPOLLIN, 'a');
    add(run, outer, inner, EPOLLIN, 'i');
    tell_poll(run, "inner", inner);
    tell_order(run, "outer", outer, 4);
    send_text(run, pair[0], "abc");
    tell_poll(run, "inner", inner);
    tell_poll(run, "outer", outer);
    tell_order(run, "outer", outer, 4);
    tell_order(run, "inner", inner, 4);
    tell_order(run, "outer", outer, 4);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_order(run, "outer", outer, 4);
    tell_poll(run, "inner", inner);
    send_text(run, pair[0], "abc");
    run->net->close(inner);
    tell_order(run, "outer without the inner", outer, 4);
}

CASE(an_edge_of_a_set_in_a_set)
{
    int outer = must(run, "epoll_create", run->net->epoll_create());
    int inner = must(run, "epoll_create", run->net->epoll_create());
    int pair[2];

    local_pair(run, SOCK_STREAM, pair);
    add(run, inner, pair[1], EPOLLIN, 'a');
    add(run, outer, inner, EPOLLIN | EPOLLET, 'i');
    send_text(run, pair[0], "abc");
    tell_order(run, "outer", outer, 4);
    tell_order(run, "outer again", outer, 4);
    send_text(run, pair[0], "def");
    tell_order(run, "outer after more", outer, 4);
    tell_order(run, "inner", inner, 4);
}

CASE(sets_do_not_go_in_circles)
{
    int sets[3];

    for (int i = 0; i < 3; i++)
        sets[i] = must(run, "epoll_create", run->net->epoll_create());
    tell(run, "b in a", control(run, sets[0], EPOLL_CTL_ADD, sets[1], EPOLLIN, 'b'));
    tell(run, "a in b", control(run, sets[1], EPOLL_CTL_ADD, sets[0], EPOLLIN, 'a'));
    tell(run, "c in b", control(run, sets[1], EPOLL_CTL_ADD, sets[2], EPOLLIN, 'c'));
    tell(run, "a in c", control(run, sets[2], EPOLL_CTL_ADD, sets[0], EPOLLIN, 'a'));
    tell(run, "c in a", control(run, sets[0], EPOLL_CTL_ADD, sets[2], EPOLLIN, 'c'));
}

CASE(a_socket_in_two_sets_is_ready_in_both)
{
    int first = must(run, "epoll_create", run->net->epoll_create());
    int second = must(run, "epoll_create", run->net->epoll_create());
    int pair[2];

    local_pair(run, SOCK_STREAM, pair);
    add(run, first, pair[1], EPOLLIN | EPOLLET, 'a');
    add(run, second, pair[1], EPOLLIN, 'b');
    send_text(run, pair[0], "abc");
    tell_order(run, "first", first, 4);
    tell_order(run, "second", second, 4);
    tell_order(run, "first again", first, 4);
    run->net->close(pair[1]);
    tell_order(run, "first, closed", first, 4);
    tell_order(run, "second, closed", second, 4);
}
