/* How long a stream waits: the timeouts of the options, and a SYN that nobody answers. */
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/time.h>

#include "tests/conformance/harness.h"

static void set_timeout(struct run *run, int fd, int option, int ms)
{
    struct timeval timeout = {.tv_usec = ms * 1000};

    tell(run, "set", run->net->setsockopt(fd, SOL_SOCKET, option, &timeout, sizeof timeout));
}

static void tell_patience(struct run *run, int64_t since, int64_t least_ns)
{
    say(run, "waited long enough: %d", run->net->monotonic() - since >= least_ns);
}

/* A socket whose SYN will be dropped, for the backlog of 0 is full. */
static int to_a_full_backlog(struct run *run, struct drill_sockaddr *addr)
{
    listener(run, 0, addr);
    for (int i = 0; i < 2; i++) {
        int fd = socket_of(run, SOCK_STREAM);

        run->net->set_nonblock(fd, true);
        run->net->connect(fd, addr);
    }
    run->net->settle();
    return socket_of(run, SOCK_STREAM);
}

CASE(rcvtimeo_ends_a_read)
{
    char data[8];
    int pair[2];
    int64_t start;

    connected_pair(run, pair);
    set_timeout(run, pair[0], SO_RCVTIMEO, 20);
    start = run->net->monotonic();
    tell(run, "read", run->net->read(pair[0], data, sizeof data));
    tell_patience(run, start, 20 * DRILL_MS);
    send_text(run, pair[1], "abc");
    run->net->settle();
    start = run->net->monotonic();
    tell(run, "waitall", run->net->recvfrom(pair[0], data, sizeof data, MSG_WAITALL, NULL));
    tell_patience(run, start, 20 * DRILL_MS);
    tell(run, "with nothing", run->net->recvfrom(pair[0], data, sizeof data, MSG_WAITALL, NULL));
}

CASE(rcvtimeo_ends_accept_and_is_inherited)
{
    struct drill_sockaddr addr;
    struct timeval timeout = {.tv_sec = 7};
    size_t size = sizeof timeout;
    int listening = listener(run, 1, &addr);
    int64_t start = run->net->monotonic();
    int fd;

    set_timeout(run, listening, SO_RCVTIMEO, 20);
    tell(run, "accept", run->net->accept(listening, NULL));
    tell_patience(run, start, 20 * DRILL_MS);
    connected_to(run, &addr);
    fd = tell_fd(run, "accept", run->net->accept(listening, NULL));
    tell(run, "getsockopt", run->net->getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, &size));
    say(run, "inherited: %ld s, %ld ms", (long)timeout.tv_sec, (long)timeout.tv_usec / 1000);
}

CASE(sndtimeo_ends_a_connect_that_goes_on)
{
    struct drill_sockaddr addr;
    int fd = to_a_full_backlog(run, &addr);
    int64_t start = run->net->monotonic();

    set_timeout(run, fd, SO_SNDTIMEO, 20);
    tell(run, "connect", run->net->connect(fd, &addr));
    tell_patience(run, start, 20 * DRILL_MS);
    tell(run, "connect again", run->net->connect(fd, &addr));
    tell_poll(run, "still in progress", fd);
}

CASE(sndtimeo_ends_a_send)
{
    static char data[1 << 20];
    long result = 1;
    int pair[2];

    connected_pair(run, pair);
    set_timeout(run, pair[0], SO_SNDTIMEO, 20);
    for (int i = 0; i < 100 && result > 0; i++)
        result = run->net->sendto(pair[0], data, sizeof data, MSG_NOSIGNAL, NULL);
    tell(run, "at last", result);
}

/* One SYN more, after a second, is all that SYNCNT allows here. */
CASE(a_syn_that_nobody_answers_times_out)
{
    struct drill_sockaddr addr;
    int fd = to_a_full_backlog(run, &addr);
    int64_t start = run->net->monotonic();

    tell(run, "SYNCNT", run->net->setsockopt_int(fd, IPPROTO_TCP, TCP_SYNCNT, 1));
    tell(run, "connect", run->net->connect(fd, &addr));
    tell_patience(run, start, DRILL_SECOND);
    say(run, "within ten seconds: %d", run->net->monotonic() - start < 10 * DRILL_SECOND);
    tell_so_error(run, "after", fd);
    tell_poll(run, "after", fd);
    tell(run, "send", send_text(run, fd, "x"));
}
