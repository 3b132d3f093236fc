/*
 * scenarios/udp.c - request and response with retries: the smallest example of datagrams.
 *
 * The client sends a numbered request and waits for the answer of the same number; when none comes
 * in time it sends the request again.  Answers of other numbers are late or twice, and passed over.
 * The server answers whatever comes, and ends when nobody has asked for a while.
 */
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "scenarios/protocol.h"

enum { MESSAGE_SIZE = 64, TRIES = 20, ANSWER_SECONDS = 1, NOBODY_SECONDS = 30 };

#define ADDRESS     DRILL_SERVER_ADDRESS ":53"
#define GIVES_UP_NS (40 * DRILL_SECOND)

/* A receive on the socket answers -EAGAIN after so many seconds. */
static int set_patience(int fd, int seconds)
{
    const struct timeval patience = {.tv_sec = seconds};

    return drill_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

/* Receives a message as a string: its length. */
static ssize_t receive(int fd, char message[MESSAGE_SIZE], struct drill_sockaddr *from)
{
    const ssize_t size = drill_recvfrom(fd, message, MESSAGE_SIZE - 1, 0, from);

    if (size >= 0)
        message[size] = '\0';
    return size;
}

/* Waits for the answer of a number: 0, -EAGAIN if none came in time. */
static int await_answer(int fd, struct drill_exchange *exchange)
{
    char answer[MESSAGE_SIZE], expected[MESSAGE_SIZE];
    ssize_t size;

    snprintf(expected, sizeof expected, "%zu HELLO", exchange->done);
    while ((size = receive(fd, answer, NULL)) >= 0) {
        if (strcmp(answer, expected) == 0)
            return 0;
        if (strtoull(answer, NULL, 10) >= exchange->done) {
            exchange->wrong = "an answer that nobody gave";
            return -EPROTO;
        }
    }
    return (int)size;
}

static int ask(int fd, struct drill_exchange *exchange)
{
    char request[MESSAGE_SIZE];
    const int size = snprintf(request, sizeof request, "%zu hello", exchange->done);
    int result = -EAGAIN;

    for (int tries = 0; tries < TRIES && (result == -EAGAIN || result == -ECONNREFUSED); tries++) {
        exchange->retries += tries > 0;
        const ssize_t sent = drill_sendto(fd, request, (size_t)size, 0, NULL);
        result = sent < 0 ? (int)sent : await_answer(fd, exchange);
    }
    return result == -EAGAIN ? -ETIMEDOUT : result;
}

static int64_t client(void *argument)
{
    struct drill_exchange *exchange = argument;
    const struct drill_sockaddr server = drill_sockaddr_parse(ADDRESS);
    const int fd = drill_socket(AF_INET, SOCK_DGRAM, 0);
    int result;

    if (fd < 0)
        return fd;
    if ((result = drill_connect(fd, &server)) == 0)
        result = set_patience(fd, ANSWER_SECONDS);
    while (result == 0 && exchange->done < exchange->parts)
        if ((result = ask(fd, exchange)) == 0)
            exchange->done++;
    drill_close(fd);
    return result;
}

/* Answers until nobody has asked for a while: how many different requests there were. */
static ssize_t answer(int fd)
{
    char message[MESSAGE_SIZE];
    struct drill_sockaddr from;
    ssize_t size;
    size_t seen = 0;

    while ((size = receive(fd, message, &from)) >= 0) {
        if (strtoull(message, NULL, 10) == seen)
            seen++;
        for (ssize_t i = 0; i < size; i++)
            message[i] = (char)toupper((unsigned char)message[i]);
        const ssize_t sent = drill_sendto(fd, message, (size_t)size, 0, &from);
        if (sent < 0)
            return sent;
    }
    return size == -EAGAIN ? (ssize_t)seen : size;
}

static int64_t server(void *argument)
{
    const struct drill_exchange *exchange = argument;
    const struct drill_sockaddr address = drill_sockaddr_parse(ADDRESS);
    const int fd = drill_socket(AF_INET, SOCK_DGRAM, 0);
    ssize_t result;

    if (fd < 0)
        return fd;
    if ((result = drill_bind(fd, &address)) == 0)
        result = set_patience(fd, NOBODY_SECONDS);
    if (result == 0)
        result = answer(fd);
    drill_close(fd);
    if (result >= 0)
        result = (size_t)result == exchange->parts ? 0 : -ETIMEDOUT;
    return result;
}

const struct drill_protocol drill_udp_protocol = {
    .name = "udp",
    .text = "numbered requests and answers in datagrams; asks again",
    .datagram = true,
    .client = client,
    .server = server,
    .gives_up_ns = GIVES_UP_NS,
    .amounts = {{.parts = 100}, {.parts = 20}, {.parts = 4}},
    .contracts = {[DRILL_BLACKHOLE] = DRILL_FAILS},
};
