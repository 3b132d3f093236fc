/*
 * scenarios/subjects/shipment.c - a shipment of several pieces that counts when all have come.
 *
 *   shipment_server [at=10.0.0.1:7] [patience=1s]                  ends when it has a whole one
 *   shipment_client [to=10.0.0.1:7] [pieces=3] [tries=6]
 *
 * All pieces of a shipment come over one connection.  What came over a connection that ended before
 * the last piece is thrown away, for the client sends all of them again.
 *
 *   bug=keeps-half    what has come stays
 */
#include <errno.h>

#include "scenarios/subjects/kit.h"

struct piece {
    uint32_t number, of;
};

/* Pieces until all have come: 0, or why the connection is lost. */
static int take_pieces(int fd, uint32_t *held, int64_t patience_ns)
{
    struct piece piece;

    do {
        kit_patience(fd, patience_ns);
        const ssize_t got = kit_recv_frame(fd, &piece, sizeof piece);
        if (got != (ssize_t)sizeof piece)
            return got < 0 ? (int)got : -EPROTO;
        ++*held;
        if (*held > piece.number)
            drill_broken("piece %u of a shipment comes when %u have come", piece.number, *held - 1);
    } while (piece.number < piece.of);
    return kit_send_frame(fd, held, sizeof *held);
}

SUBJECT(shipment_server)
{
    const int64_t patience_ns = kit_time(argc, argv, "patience", DRILL_SECOND);
    const int listener = kit_listen(kit_text(argc, argv, "at", "10.0.0.1:7"), 4);
    uint32_t held = 0;
    int result = -EAGAIN;

    while (listener >= 0 && result < 0) {
        const int fd = drill_accept(listener, NULL);
        if (fd == -EBADF)
            break;
        if (fd < 0)
            continue;
        result = take_pieces(fd, &held, patience_ns);
        drill_close(fd);
        if (result < 0 && held > 0)
            drill_reached("half");
        if (result < 0 && !kit_bug(argc, argv, "keeps-half"))
            held = 0;
    }
    if (listener >= 0)
        drill_close(listener);
    return listener < 0 ? kit_status(listener) : kit_status(result);
}

static int ship(int fd, uint32_t pieces)
{
    uint32_t held;
    int result = 0;

    for (uint32_t i = 1; i <= pieces && result == 0; i++) {
        const struct piece piece = {.number = i, .of = pieces};
        kit_patience(fd, 2 * DRILL_SECOND);
        result = kit_send_frame(fd, &piece, sizeof piece);
        if (result == 0 && i < pieces)
            drill_sleep(100 * DRILL_MS);
    }
    if (result < 0)
        return result;
    kit_patience(fd, 2 * DRILL_SECOND);
    const ssize_t got = kit_recv_frame(fd, &held, sizeof held);
    return got < 0 ? (int)got : 0;
}

SUBJECT(shipment_client)
{
    int result = -EAGAIN;

    for (int64_t tries = kit_number(argc, argv, "tries", 6); result < 0 && tries > 0; tries--) {
        const int fd = kit_connect(kit_text(argc, argv, "to", "10.0.0.1:7"), 2 * DRILL_SECOND);
        result = fd;
        if (fd >= 0) {
            result = ship(fd, (uint32_t)kit_number(argc, argv, "pieces", 3));
            drill_close(fd);
        }
        if (result < 0)
            drill_sleep(500 * DRILL_MS);
    }
    return kit_status(result);
}
