#include "tests/helpers.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "emu/abi.h"
#include "emu/fault.h"

enum { CHUNK = 4096, CHUNK_MAX = 1 << 16 };

void lines_ignore(void *context, const char *line)
{
    (void)context;
    (void)line;
}

void stage_open(struct stage *self, const struct drill_config *config)
{
    struct drill_config given = config != NULL ? *config : (struct drill_config){0};

    if (given.report == NULL)
        given.report = lines_ignore;
    *self = (struct stage){.listener = -1, .near = -1, .far = -1};
    self->world = drill_world_new(&given);
    ck_assert_ptr_nonnull(self->world);
    self->client = drill_host_new(self->world, "client", "10.0.0.1");
    self->server = drill_host_new(self->world, "server", "10.0.0.2");
    ck_assert_ptr_nonnull(self->client);
    ck_assert_ptr_nonnull(self->server);
    ck_assert_int_eq(drill_host_address(self->client, "fd00::1"), 0);
    ck_assert_int_eq(drill_host_address(self->server, "fd00::2"), 0);
}

void stage_close(struct stage *self)
{
    drill_world_free(self->world);
    self->world = NULL;
}

void stage_link(struct stage *self, const struct drill_link *link)
{
    ck_assert_int_eq(drill_link_both(self->client, self->server, link), 0);
}

struct drill_sockaddr stage_address(void)
{
    return drill_sockaddr_inet4(10, 0, 0, 2, STAGE_PORT);
}

void expect_no_evidence(const struct drill_world *world)
{
    const struct drill_evidence found = drill_evidence(world);

    ck_assert_msg(found.corrupted == NULL, "%s", found.corrupted);
    ck_assert_msg(found.overdue == NULL, "%s", found.overdue);
}

void stage_fail(struct stage *self, uint64_t n)
{
    self->world->sim.mem.fail_at = n > 0 ? self->world->sim.mem.count + n : 0;
}

int tcp_socket(struct drill_host *host)
{
    drill_enter(host);
    const int fd = drill_socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    return fd;
}

void stage_listen(struct stage *self, int backlog)
{
    const struct drill_sockaddr addr = stage_address();

    self->listener = tcp_socket(self->server);
    ck_assert_int_eq(drill_bind(self->listener, &addr), 0);
    ck_assert_int_eq(drill_listen(self->listener, backlog), 0);
}

void stage_connect(struct stage *self)
{
    const struct drill_sockaddr addr = stage_address();

    if (self->listener < 0)
        stage_listen(self, 16);
    self->near = tcp_socket(self->client);
    ck_assert_int_eq(drill_connect(self->near, &addr), 0);
    drill_enter(self->server);
    self->far = drill_accept(self->listener, NULL);
    ck_assert_int_ge(self->far, 0);
}

void stage_connect_over(struct stage *self, const struct drill_link *link)
{
    stage_link(self, link);
    stage_connect(self);
}

ssize_t give(struct drill_host *host, int fd, const void *data, size_t size, int flags)
{
    drill_enter(host);
    return drill_sendto(fd, data, size, flags, NULL);
}

ssize_t take(struct drill_host *host, int fd, void *data, size_t size, int flags)
{
    drill_enter(host);
    return drill_recvfrom(fd, data, size, flags, NULL);
}

void say(struct drill_host *host, int fd, const char *text)
{
    ck_assert_int_eq(give(host, fd, text, strlen(text), 0), (ssize_t)strlen(text));
}

void hear(struct drill_host *host, int fd, const char *text)
{
    char heard[256] = "";

    ck_assert_uint_lt(strlen(text), sizeof heard);
    ck_assert_int_eq(take(host, fd, heard, strlen(text), MSG_WAITALL), (ssize_t)strlen(text));
    ck_assert_str_eq(heard, text);
}

int bits_of(struct drill_host *host, int fd)
{
    struct drill_pollfd asked = {.fd = fd, .events = POLLIN | POLLOUT | POLLPRI | DRILL_POLLRDHUP};

    drill_enter(host);
    ck_assert_int_ge(drill_poll(&asked, 1, 0), 0);
    return asked.revents;
}

int shut(struct drill_host *host, int fd, int how)
{
    drill_enter(host);
    return drill_shutdown(fd, how);
}

int end(struct drill_host *host, int fd)
{
    drill_enter(host);
    return drill_close(fd);
}

int set_option(struct drill_host *host, int fd, int level, int option, int value)
{
    drill_enter(host);
    return drill_setsockopt_int(fd, level, option, value);
}

uint8_t tcp_state(struct drill_host *host, int fd)
{
    struct tcp_info info;
    size_t size = sizeof info;

    drill_enter(host);
    ck_assert_int_eq(drill_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    return info.tcpi_state;
}

int64_t run_task(struct drill_host *host, int64_t (*run)(void *), void *argument)
{
    struct drill_task *task = drill_start(host, "task", run, argument);
    int64_t result = 0;

    ck_assert_ptr_nonnull(task);
    ck_assert_int_eq(drill_join(task, &result), 0);
    return result;
}

int try_rule(struct drill_world *world, const char *text)
{
    struct drill_fault_line line;

    ck_assert_msg(drill_fault_parse(text, &line) == 0, "%s: %s", text, line.error);
    return drill_fault_add(world, &line.fault);
}

int add_rule(struct drill_world *world, const char *text)
{
    const int id = try_rule(world, text);

    ck_assert_msg(id > 0, "%s: %d", text, id);
    return id;
}

void ask_and_answer(struct drill_host *client, struct drill_host *server)
{
    const struct drill_sockaddr addr = stage_address();
    char got[8] = "";

    drill_enter(server);
    const int listener = drill_socket(AF_INET, SOCK_STREAM, 0);
    drill_bind(listener, &addr);
    drill_listen(listener, 1);
    drill_enter(client);
    const int near = drill_socket(AF_INET, SOCK_STREAM, 0);
    drill_connect(near, &addr);
    drill_sendto(near, "request", 7, 0, NULL);
    drill_enter(server);
    const int far = drill_accept(listener, NULL);
    const ssize_t asked = drill_recvfrom(far, got, 7, MSG_WAITALL, NULL);
    ck_assert(asked <= 0 || memcmp(got, "request", (size_t)asked) == 0);
    drill_sendto(far, "answer", 6, 0, NULL);
    drill_close(far);
    drill_enter(client);
    const ssize_t answered = drill_recvfrom(near, got, 6, MSG_WAITALL, NULL);
    ck_assert(answered <= 0 || memcmp(got, "answer", (size_t)answered) == 0);
    drill_close(near);
}

uint8_t byte_at(uint64_t place)
{
    return (uint8_t)(place * 131 + (place >> 8) * 31 + (place >> 16));
}

/* Tasks take turns on one buffer each: none of them waits while it uses it. */
int64_t send_stream(void *stream)
{
    static uint8_t block[CHUNK_MAX];
    struct stream *self = stream;
    const size_t chunk = self->chunk != 0 ? self->chunk : CHUNK;

    while (self->done < self->total) {
        const uint64_t rest = self->total - self->done;
        const size_t size = rest < chunk ? (size_t)rest : chunk;
        struct drill_pollfd room = {.fd = self->fd, .events = POLLOUT};
        drill_poll(&room, 1, DRILL_NEVER);
        for (size_t i = 0; i < size; i++)
            block[i] = byte_at(self->done + i);
        const ssize_t sent = drill_sendto(self->fd, block, size, MSG_DONTWAIT, NULL);
        if (sent < 0 && sent != -EAGAIN) {
            self->error = (int)-sent;
            return sent;
        }
        self->done += sent > 0 ? (uint64_t)sent : 0;
    }
    return drill_shutdown(self->fd, SHUT_WR);
}

int64_t receive_stream(void *stream)
{
    uint8_t block[CHUNK];
    struct stream *self = stream;
    const size_t chunk = self->chunk != 0 && self->chunk < CHUNK ? self->chunk : CHUNK;
    ssize_t got;

    while ((got = drill_recvfrom(self->fd, block, chunk, 0, NULL)) > 0) {
        for (ssize_t i = 0; i < got; i++)
            self->wrong = self->wrong || block[i] != byte_at(self->done + (uint64_t)i);
        self->done += (uint64_t)got;
    }
    self->error = (int)-got;
    return got;
}

int64_t stage_stream(struct stage *self, bool from_client, uint64_t total)
{
    struct stream from = {.fd = from_client ? self->near : self->far, .total = total};
    struct stream to = {.fd = from_client ? self->far : self->near};
    const int64_t start = drill_now(self->world);
    struct drill_task *sends =
        drill_start(from_client ? self->client : self->server, "sends", send_stream, &from);
    struct drill_task *receives =
        drill_start(from_client ? self->server : self->client, "receives", receive_stream, &to);

    ck_assert_int_eq(drill_join(receives, NULL), 0);
    const int64_t taken = drill_now(self->world) - start;
    ck_assert_int_eq(drill_join(sends, NULL), 0);
    ck_assert_int_eq(from.error, 0);
    ck_assert_int_eq(to.error, 0);
    ck_assert_uint_eq(to.done, total);
    ck_assert(!to.wrong);
    return taken;
}

static struct drill_verdict see(void *context, const struct drill_packet_view *packet)
{
    struct tap *self = context;
    struct seen seen = {.at_ns = drill_now(self->world),
                        .kind = packet->kind,
                        .from_client = strcmp(packet->from_host, "client") == 0,
                        .offset = packet->offset,
                        .size = packet->size};

    if (self->count > 0 && seen.kind == self->drops && seen.from_client == self->drops_client) {
        seen.dropped = self->skip == 0;
        self->count -= seen.dropped;
        self->skip -= self->skip > 0;
    }
    if (self->seen_count < TAP_MAX)
        self->seen[self->seen_count++] = seen;
    return (struct drill_verdict){.fate = seen.dropped ? DRILL_DROP : DRILL_PASS};
}

void tap_open(struct tap *self, struct stage *stage)
{
    self->world = stage->world;
    self->skip = self->count = 0;
    self->seen_count = 0;
    drill_hook(stage->world, see, self);
}

void tap_drop(struct tap *self, bool from_client, enum drill_packet_kind kind, uint32_t skip,
              uint32_t count)
{
    self->drops_client = from_client;
    self->drops = kind;
    self->skip = skip;
    self->count = count;
}

size_t tap_count(const struct tap *self, bool from_client, enum drill_packet_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < self->seen_count; i++)
        count += self->seen[i].kind == kind && self->seen[i].from_client == from_client;
    return count;
}

const struct seen *tap_find(const struct tap *self, bool from_client, enum drill_packet_kind kind,
                            size_t index)
{
    for (size_t i = 0; i < self->seen_count; i++)
        if (self->seen[i].kind == kind && self->seen[i].from_client == from_client && index-- == 0)
            return &self->seen[i];
    ck_abort_msg("there is no such packet");
    return NULL;
}

void lines_clear(struct lines *self)
{
    self->count = self->size = 0;
    self->text[0] = '\0';
}

void lines_add(void *lines, const char *line)
{
    struct lines *self = lines;
    const size_t length = strlen(line);

    self->count++;
    if (self->size + length + 2 > sizeof self->text)
        return;
    memcpy(self->text + self->size, line, length);
    self->size += length;
    self->text[self->size++] = '\n';
    self->text[self->size] = '\0';
}

size_t lines_with(const struct lines *self, const char *text)
{
    size_t count = 0;

    for (const char *at = strstr(self->text, text); at != NULL; at = strstr(at, text)) {
        const char *line_end = strchr(at, '\n');
        count++;
        at = line_end != NULL ? line_end : at + strlen(at);
    }
    return count;
}
