/*
 * tests/subject.c - a library with subjects, as a scenario opens it: what tests of the language
 * need to see that a subject acts in the world of the program that has opened it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "api/syscall.h"

#define SUBJECT __attribute__((visibility("default")))

SUBJECT int greet(int argc, char **argv);
SUBJECT int hear(int argc, char **argv);

/* hear PORT: serves one client, and ends with the number of bytes that it has said. */
int hear(int argc, char **argv)
{
    struct drill_sockaddr here = drill_sockaddr_inet4(0, 0, 0, 0, 0);
    const int listener = drill_socket(AF_INET, SOCK_STREAM, 0);
    char bytes[64];
    ssize_t got;
    int sum = 0;

    here.port = (uint16_t)(argc > 1 ? atoi(argv[1]) : 80);
    drill_bind(listener, &here);
    drill_listen(listener, 1);
    const int fd = drill_accept(listener, NULL);
    while ((got = drill_read(fd, bytes, sizeof bytes)) > 0)
        sum += (int)got;
    drill_close(fd);
    drill_close(listener);
    return got < 0 ? (int)got : sum;
}

/* greet ADDRESS TEXT: says it, and ends. */
int greet(int argc, char **argv)
{
    if (argc != 3)
        return -EINVAL;
    const struct drill_sockaddr there = drill_sockaddr_parse(argv[1]);
    const int fd = drill_socket(AF_INET, SOCK_STREAM, 0);
    int result = drill_connect(fd, &there);

    if (result == 0)
        result = (int)drill_write(fd, argv[2], strlen(argv[2]));
    drill_close(fd);
    return result < 0 ? result : 0;
}
