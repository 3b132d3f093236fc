/*
 * scenarios/subjects/exchange.c - requests and responses of one size, as short as programs can be:
 * what a run costs that has little to do.
 *
 *   exchange_server [at=10.0.0.1:7]                  gives back what comes
 *   exchange_client [to=10.0.0.1:7] [requests=20]    over one connection, one after the other
 *
 *   bug=one-read   one read brings the whole response
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

enum { SIZE = 64 };

static void serve(int fd, void *context)
{
    uint8_t request[SIZE];

    (void)context;
    while (kit_recv_all(fd, request, SIZE) == 0 && kit_send_all(fd, request, SIZE) == 0)
        continue;
}

SUBJECT(exchange_server)
{
    return kit_status(kit_serve(argc, argv, serve, NULL));
}

static int ask(int fd, int64_t number, bool one_read)
{
    uint8_t request[SIZE], response[SIZE] = {0};

    memset(request, (int)number, SIZE);
    int result = kit_send_all(fd, request, SIZE);
    if (result == 0 && one_read)
        result = (int)drill_recvfrom(fd, response, SIZE, 0, NULL);
    else if (result == 0)
        result = kit_recv_all(fd, response, SIZE);
    if (result >= 0 && memcmp(request, response, SIZE) != 0) {
        drill_broken("request %lld got another response", (long long)number);
        return -EBADMSG;
    }
    return result;
}

SUBJECT(exchange_client)
{
    const int64_t requests = kit_number(argc, argv, "requests", 20);
    const bool one_read = kit_bug(argc, argv, "one-read");
    const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), 0);
    int result = fd;

    for (int64_t i = 0; i < requests && result >= 0; i++)
        result = ask(fd, i, one_read);
    if (fd >= 0)
        drill_close(fd);
    return kit_status(result);
}
