/*
 * scenarios/subjects/upload.c - a file is sent, and its receipt comes back.
 *
 *   upload_server [at=10.0.0.1:7] [files=0] [idle=0s] [half=0] [patience=5s]
 *   upload_client [to=10.0.0.1:7] [size=24] [chunk=0] [pause=0ms] [half=0] [tries=1]
 *
 * A file is a byte of size, so many bytes, and a trailer, their sum; the receipt is the sum.  The
 * server ends when it has so many files, or when nobody has come for so long.  With `half` it says
 * at once that it will not say anything, and the client needs no receipt.  The server knows these
 * mistakes:
 *
 *   bug=eof-is-end   what the end of the stream cuts short is kept as it is
 *   bug=leak         a connection that is lost between a file and its trailer is forgotten
 *
 * and the client these:
 *
 *   bug=linger       it waits for nothing, and closes so that nothing is left over in the system
 *   bug=eof-is-gone  who says no more does not listen either
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { FILE_MAX = 200 };

static uint8_t byte_at(size_t place)
{
    return (uint8_t)('a' + place % 26);
}

static uint8_t sum_of(const uint8_t *bytes, size_t size)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return sum;
}

struct shelf {
    bool half, eof_is_end, leak;
    int64_t patience_ns, files;
};

/* As much as comes, at most `size`: how much. */
static ssize_t recv_some(int fd, uint8_t *bytes, size_t size)
{
    size_t held = 0;

    while (held < size) {
        const ssize_t got = drill_recvfrom(fd, bytes + held, size - held, 0, NULL);
        if (got < 0 && got != -EINTR)
            return got;
        if (got == 0)
            break;
        held += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)held;
}

static void keep(struct shelf *self, int fd, const uint8_t *bytes, size_t held, size_t size)
{
    const uint8_t sum = sum_of(bytes, held);

    if (held != size)
        drill_broken("%zu bytes were kept of a file of %zu", held, size);
    self->files++;
    drill_reached("kept");
    if (!self->half)
        kit_send_all(fd, &sum, 1);
}

/* One file of a connection; whether the connection can be closed. */
static bool take(struct shelf *self, int fd)
{
    uint8_t size, sum, bytes[UINT8_MAX];

    drill_set_read_deadline(fd, drill_monotonic() + self->patience_ns);
    if (self->half)
        drill_shutdown(fd, SHUT_WR);
    if (kit_recv_all(fd, &size, 1) < 0)
        return true;
    const ssize_t held = recv_some(fd, bytes, size);
    if (held < 0)
        return true;
    if (held < (ssize_t)size) {
        drill_reached("cut-short");
        if (self->eof_is_end)
            keep(self, fd, bytes, (size_t)held, size);
        return true;
    }
    if (kit_recv_all(fd, &sum, 1) < 0)
        return !self->leak;
    if (sum == sum_of(bytes, size))
        keep(self, fd, bytes, size, size);
    return true;
}

SUBJECT(upload_server)
{
    struct shelf self = {.half = kit_number(argc, argv, "half", 0) != 0,
                         .eof_is_end = kit_bug(argc, argv, "eof-is-end"),
                         .leak = kit_bug(argc, argv, "leak"),
                         .patience_ns = kit_time(argc, argv, "patience", 5 * DRILL_SECOND)};
    const int64_t files = kit_number(argc, argv, "files", 0);
    const int64_t idle_ns = kit_time(argc, argv, "idle", 0);
    const int listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:7"), 16);
    int fd = listener;

    while (fd >= 0 && (files == 0 || self.files < files)) {
        if (files > 0 || idle_ns > 0)
            drill_set_read_deadline(listener,
                                    drill_monotonic() + (idle_ns > 0 ? idle_ns : self.patience_ns));
        fd = drill_accept(listener, NULL);
        if (fd >= 0 && take(&self, fd))
            drill_close(fd);
    }
    if (listener >= 0)
        drill_close(listener);
    if (fd == -EAGAIN)
        fd = idle_ns > 0 ? 0 : -ETIMEDOUT;
    return fd == -EBADF ? 0 : kit_status(fd);
}

/* The server may say that it wants no more before all is sent. */
static int look_for_refusal(int fd, bool eof_is_gone)
{
    uint8_t byte;
    const ssize_t got = drill_recvfrom(fd, &byte, 1, MSG_DONTWAIT, NULL);

    if (got == 0)
        drill_reached("half-closed");
    if (got == 0 && eof_is_gone)
        return -EPIPE;
    return got > 0 ? -ECANCELED : 0;
}

static int send_file(int fd, int argc, char **argv, uint8_t *sum)
{
    const int64_t wanted = kit_number(argc, argv, "size", 24);
    const size_t size = (size_t)(wanted < FILE_MAX ? wanted : FILE_MAX);
    const size_t chunk = (size_t)kit_number(argc, argv, "chunk", FILE_MAX + 2);
    const int64_t pause_ns = kit_time(argc, argv, "pause", 0);
    uint8_t bytes[FILE_MAX + 2] = {(uint8_t)size};
    int result = 0;

    for (size_t i = 0; i < size; i++)
        bytes[1 + i] = byte_at(i);
    *sum = bytes[1 + size] = sum_of(bytes + 1, size);
    for (size_t done = 0; done < size + 2 && result == 0; done += chunk) {
        if (done > 0 && pause_ns > 0)
            drill_sleep(pause_ns);
        if (chunk < size)
            result = look_for_refusal(fd, kit_bug(argc, argv, "eof-is-gone"));
        if (result == 0)
            result =
                kit_send_all(fd, bytes + done, size + 2 - done < chunk ? size + 2 - done : chunk);
    }
    return result;
}

static int upload(int fd, int argc, char **argv)
{
    static const int at_once[2] = {1, 0}; /* struct linger */
    uint8_t sum, receipt;
    int result = send_file(fd, argc, argv, &sum);

    if (result < 0 || kit_number(argc, argv, "half", 0) != 0)
        return result;
    if (kit_bug(argc, argv, "linger"))
        return drill_setsockopt(fd, SOL_SOCKET, SO_LINGER, at_once, sizeof at_once);
    drill_set_read_deadline(fd, drill_monotonic() + 5 * DRILL_SECOND);
    result = kit_recv_all(fd, &receipt, 1);
    if (result == 0 && receipt != sum)
        result = -EBADMSG;
    return result;
}

SUBJECT(upload_client)
{
    const struct drill_sockaddr to = drill_sockaddr_parse(kit_text(argc, argv, "to", "10.0.0.1:7"));
    int result = -EAGAIN;

    for (int64_t tries = kit_number(argc, argv, "tries", 1); result < 0 && tries > 0; tries--) {
        const int fd = drill_socket(to.family, SOCK_STREAM, 0);
        if ((result = fd) >= 0)
            result = drill_connect(fd, &to);
        if (result == 0)
            result = upload(fd, argc, argv);
        if (fd >= 0)
            drill_close(fd);
        if (result < 0 && tries > 1)
            drill_sleep(10 * DRILL_MS);
    }
    return kit_status(result);
}
