#include "scenarios/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

int drill_stream_connect(const char *address)
{
    const struct drill_sockaddr peer = drill_sockaddr_parse(address);
    const int fd = drill_socket(AF_INET, SOCK_STREAM, 0);
    int result;

    if (fd < 0)
        return fd;
    drill_set_write_deadline(fd, drill_monotonic() + DRILL_PATIENCE_NS);
    if ((result = drill_connect(fd, &peer)) < 0) {
        drill_close(fd);
        return result;
    }
    drill_set_write_deadline(fd, 0);
    return fd;
}

int drill_stream_accept(const char *address)
{
    const struct drill_sockaddr own = drill_sockaddr_parse(address);
    const int listener = drill_socket(AF_INET, SOCK_STREAM, 0);
    int result;

    if (listener < 0)
        return listener;
    drill_set_read_deadline(listener, drill_monotonic() + DRILL_PATIENCE_NS);
    if ((result = drill_bind(listener, &own)) == 0 && (result = drill_listen(listener, 1)) == 0)
        result = drill_accept(listener, NULL);
    drill_close(listener);
    return result;
}

int drill_stream_finish(int fd)
{
    uint8_t byte;
    const int result = drill_shutdown(fd, SHUT_WR);

    if (result < 0)
        return result;
    drill_set_nonblock(fd, false);
    drill_set_read_deadline(fd, drill_monotonic() + DRILL_PATIENCE_NS);
    const ssize_t got = drill_recvfrom(fd, &byte, sizeof byte, 0, NULL);
    return got > 0 ? -EPROTO : (int)got;
}

void drill_stream_fill(uint8_t *data, size_t size, uint32_t content, size_t offset)
{
    for (size_t i = 0; i < size; i++) {
        const uint32_t place = (uint32_t)(offset + i);
        data[i] = (uint8_t)(((content * 2654435761U) ^ (place * 40503U)) >> 8);
    }
}

uint64_t drill_stream_digest(uint64_t digest, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        digest = (digest ^ data[i]) * UINT64_C(0x100000001b3);
    return digest;
}
