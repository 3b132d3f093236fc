/* epoll: levels and edges, one shots, order, and what a readiness set may hold. */
#include "tests/conformance/local.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

static int fresh_set(struct run *run)
{
    return must(run, "epoll_create", run->net->epoll_create());
}

/* Adds, changes or removes; `tag` is the letter that tell_ready says. */
static long control(struct run *run, int epoll, int op, int fd, uint32_t events, char tag)
{
    struct drill_epoll_event event = {.events = events, .data = (uint64_t)tag};

    return run->net->epoll_ctl(epoll, op, fd, &event);
}

static void add(struct run *run, int epoll, int fd, uint32_t events, char tag)
{
    must(run, "add", (int)control(run, epoll, EPOLL_CTL_ADD, fd, events, tag));
}

/* Says who is ready, in order: "what: a IN, b IN|OUT". */
static void tell_ready(struct run *run, const char *what, int epoll, int max)
{
    struct drill_epoll_event events[16];
    char text[256] = "nothing";
    size_t used = 0;
    int count = run->net->epoll_wait(epoll, events, max, 0);

    if (count < 0) {
        tell(run, what, count);
        return;
    }
    for (int i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%c %s", i ? ", " : "",
                                 (char)events[i].data, poll_text(run, (int)events[i].events));
    say(run, "%s: %s", what, text);
}

static void drain(struct run *run, int fd)
{
    char data[4096];

    while (run->net->recvfrom(fd, data, sizeof data, MSG_DONTWAIT, NULL) > 0)
        ;
}

CASE(a_level_is_told_as_long_as_it_lasts)
{
    int epoll = fresh_set(run);
    int pair[2];

    connected_pair(run, pair);
    add(run, epoll, pair[1], EPOLLIN, 'a');
    tell_ready(run, "without data", epoll, 4);
    send_text(run, pair[0], "abc");
    run->net->settle();
    tell_ready(run, "with data", epoll, 4);
    tell_ready(run, "again", epoll, 4);
    tell_recv(run, "recv", pair[1], 1, 0);
    tell_ready(run, "with some left", epoll, 4);
    tell_recv(run, "recv", pair[1], 8, 0);
    tell_ready(run, "with none left", epoll, 4);
    close_pair(run, pair);
}

CASE(an_edge_is_told_once_for_each_arrival)
{
    int epoll = fresh_set(run);
    int pair[2];

    connected_pair(run, pair);
    add(run, epoll, pair[1], EPOLLIN | EPOLLET, 'a');
    tell_ready(run, "without data", epoll, 4);
    send_text(run, pair[0], "abc");
    run->net->settle();
    tell_ready(run, "with data", epoll, 4);
    tell_ready(run, "again", epoll, 4);
    tell_recv(run, "recv", pair[1], 1, 0);
    tell_ready(run, "with some left", epoll, 4);
    send_text(run, pair[0], "def");
    run->net->settle();
    tell_ready(run, "with more", epoll, 4);
    drain(run, pair[1]);
    tell_ready(run, "with none left", epoll, 4);
    send_text(run, pair[0], "ghi");
    run->net->settle();
    drain(run, pair[1]);
    tell_ready(run, "come and gone", epoll, 4);
    run->net->shutdown(pair[0], SHUT_WR);
    run->net->settle();
    tell_ready(run, "the end", epoll, 4);
    tell_ready(run, "again", epoll, 4);
    close_pair(run, pair);
}

CASE(an_edge_for_both_ways_tells_both_each_time)
{
    int epoll = fresh_set(run);
    int pair[2];

    connected_pair(run, pair);
    add(run, epoll, pair[1], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, 'a');
    tell_ready(run, "fresh", epoll, 4);
    tell_ready(run, "again", epoll, 4);
    send_text(run, pair[0], "abc");
    run->net->settle();
    tell_ready(run, "with data", epoll, 4);
    drain(run, pair[1]);
    tell_ready(run, "drained", epoll, 4);
    run->net->close(pair[0]);
    run->net->settle();
    tell_ready(run, "closed", epoll, 4);
    tell_ready(run, "again", epoll, 4);
    run->net->close(pair[1]);
}

CASE(a_full_socket_gives_an_edge_when_it_drains)
{
    static char data[65536];
    int epoll = fresh_set(run);
    int pair[2];

    connected_pair(run, pair);
    add(run, epoll, pair[0], EPOLLOUT | EPOLLET, 'a');
    tell_ready(run, "fresh", epoll, 4);
    tell(run, "send", send_text(run, pair[0], "abc"));
    tell_ready(run, "after a send that fits", epoll, 4);
    for (int i = 0; i < 3; i++) {
        while (run->net->sendto(pair[0], data, sizeof data, MSG_DONTWAIT | MSG_NOSIGNAL, NULL) > 0)
            ;
        run->net->settle();
    }
    tell_ready(run, "full, what came before", epoll, 4);
    tell_ready(run, "full", epoll, 4);
    for (int i = 0; i < 3; i++) {
        drain(run, pair[1]);
        run->net->settle();
    }
    tell_ready(run, "drained", epoll, 4);
    tell_ready(run, "again", epoll, 4);
    close_pair(run, pair);
}

CASE(changing_an_entry_tells_an_edge_again)
{
    int epoll = fresh_set(run);
    int pair[2];

    connected_pair(run, pair);
    send_text(run, pair[0], "abc");
    run->net->settle();
    add(run, epoll, pair[1], EPOLLIN | EPOLLET, 'a');
    tell_ready(run, "added when ready", epoll, 4);
    tell_ready(run, "again", epoll, 4);
    tell(run, "MOD", control(run, epoll, EPOLL_CTL_MOD, pair[1], EPOLLIN | EPOLLET, 'b'));
    tell_ready(run, "changed", epoll, 4);
    tell_ready(run, "again", epoll, 4);
    tell(run, "MOD", control(run, epoll, EPOLL_CTL_MOD, pair[1], EPOLLOUT | EPOLLET, 'c'));
    tell_ready(run, "for output", epoll, 4);
    tell(run, "MOD", control(run, epoll, EPOLL_CTL_MOD, pair[1], 0, 'd'));
    tell_ready(run, "for nothing", epoll, 4);
    tell(run, "MOD", control(run, epoll, EPOLL_CTL_MOD, pair[1], EPOLLPRI, 'e'));
    tell_ready(run, "for what is not", epoll, 4);
    tell(run, "MOD", control(run, epoll, EPOLL_CTL_MOD, pair[1], EPOLLIN, 'f'));
    tell_ready(run, "for a level", epoll, 4);
    tell_ready(run, "again", epoll, 4);
    close_pair(run, pair);
}

CASE(one_shot_is_told_once_until_it_is_armed_again)
{
    int epoll = fresh_set(run);
    int pair[2];

    connected_pair(run, pair);
    add(run, epoll, pair[1], EPOLLIN | EPOLLONESHOT, 'a');
    tell_ready(run, "without data", epoll, 4);
    send_text(run, pair[0], "abc");
    run->net->settle();
    tell_ready(run, "with data", epoll, 4);
    tell_ready(run, "again", epoll, 4);
    send_text(run, pair[0], "def");
    run->net->shutdown(pair[0], SHUT_WR);
    run->net->settle();
    tell_ready(run, "with more and the end", epoll, 4);
    tell(run, "ADD", control(run, epoll, EPOLL_CTL_ADD, pair[1], EPOLLIN, 'b'));
    tell(run, "MOD", control(run, epoll, EPOLL_CTL_MOD, pair[1], EPOLLIN | EPOLLONESHOT, 'c'));
    tell_ready(run, "armed", epoll, 4);
    tell_ready(run, "again", epoll, 4);
    close_pair(run, pair);
    tell_ready(run, "closed", epoll, 4);
}

CASE(hang_ups_are_told_unasked)
{
    int epoll = fresh_set(run);
    int pair[2];

    connected_pair(run, pair);
    add(run, epoll, pair[1], 0, 'a');
    tell_ready(run, "connected", epoll, 4);
    send_text(run, pair[0], "abc");
    run->net->settle();
    tell_ready(run, "with data", epoll, 4);
    run->net->shutdown(pair[0], SHUT_WR);
    run->net->settle();
    tell_ready(run, "half closed", epoll, 4);
    run->net->shutdown(pair[1], SHUT_WR);
    run->net->settle();
    tell_ready(run, "closed both ways", epoll, 4);
    tell(run, "MOD", control(run, epoll, EPOLL_CTL_MOD, pair[1], EPOLLRDHUP, 'b'));
    tell_ready(run, "for RDHUP", epoll, 4);
    close_pair(run, pair);
}

CASE(a_closed_descriptor_leaves_the_set_unless_a_dup_lives)
{
    int epoll = fresh_set(run);
    int pair[2];
    int copy;

    connected_pair(run, pair);
    send_text(run, pair[0], "abc");
    run->net->settle();
    copy = must(run, "dup", run->net->dup(pair[1]));
    add(run, epoll, pair[1], EPOLLIN, 'a');
    tell_ready(run, "open", epoll, 4);
    run->net->close(pair[1]);
    tell_ready(run, "closed, a dup lives", epoll, 4);
    tell(run, "DEL of the closed one", run->net->epoll_ctl(epoll, EPOLL_CTL_DEL, pair[1], NULL));
    tell(run, "DEL of the dup", run->net->epoll_ctl(epoll, EPOLL_CTL_DEL, copy, NULL));
    tell(run, "ADD of the dup", control(run, epoll, EPOLL_CTL_ADD, copy, EPOLLIN, 'b'));
    tell_ready(run, "both", epoll, 4);
    run->net->close(copy);
    tell_ready(run, "all closed", epoll, 4);
    run->net->close(pair[0]);
}

CASE(a_descriptor_and_its_dup_are_two_entries)
{
    int epoll = fresh_set(run);
    int pair[2];
    int copy;

    connected_pair(run, pair);
    copy = must(run, "dup", run->net->dup(pair[1]));
    add(run, epoll, pair[1], EPOLLIN, 'a');
    add(run, epoll, copy, EPOLLIN | EPOLLOUT, 'b');
    send_text(run, pair[0], "abc");
    run->net->settle();
    tell_ready(run, "both", epoll, 4);
    tell(run, "DEL", run->net->epoll_ctl(epoll, EPOLL_CTL_DEL, pair[1], NULL));
    tell_ready(run, "the dup", epoll, 4);
    run->net->close(copy);
    close_pair(run, pair);
}

CASE(a_number_that_is_used_again_is_another_entry)
{
    int epoll = fresh_set(run);
    int first[2];
    int second[2];

    local_pair(run, SOCK_STREAM, first);
    add(run, epoll, first[1], EPOLLIN, 'a');
    run->net->close(first[1]);
    local_pair(run, SOCK_STREAM, second);
    say(run, "the same number: %d", second[0] == first[1]);
    send_text(run, second[1], "abc");
    tell_ready(run, "not added", epoll, 4);
    tell(run, "MOD", control(run, epoll, EPOLL_CTL_MOD, second[0], EPOLLIN, 'b'));
    tell(run, "ADD", control(run, epoll, EPOLL_CTL_ADD, second[0], EPOLLIN, 'b'));
    tell_ready(run, "added", epoll, 4);
}

static const struct net *waker_net;

static void send_later(void *argument)
{
    waker_net->sleep(5 * DRILL_MS);
    waker_net->sendto(*(int *)argument, "a", 1, MSG_NOSIGNAL, NULL);
}

CASE(epoll_wait_waits_for_the_first_event_or_its_deadline)
{
    struct drill_epoll_event event;
    int epoll = fresh_set(run);
    int64_t start = run->net->monotonic();
    int pair[2];

    waker_net = run->net;
    connected_pair(run, pair);
    add(run, epoll, pair[1], EPOLLIN, 'a');
    tell(run, "wait", run->net->epoll_wait(epoll, &event, 1, start + 10 * DRILL_MS));
    say(run, "waited: %d", run->net->monotonic() - start >= 10 * DRILL_MS);
    tell(run, "wait with a past deadline", run->net->epoll_wait(epoll, &event, 1, start));
    run->net->spawn(send_later, &pair[0]);
    tell(run, "wait", run->net->epoll_wait(epoll, &event, 1, DRILL_NEVER));
    say(run, "%c %s", (char)event.data, poll_text(run, (int)event.events));
    run->net->join_all();
    close_pair(run, pair);
}
