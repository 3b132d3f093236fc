/*
 * tests/datagrams.h - datagram and raw sockets on a stage, with addresses as text.
 */
#ifndef TESTS_DATAGRAMS_H
#define TESTS_DATAGRAMS_H

#include "tests/helpers.h"

/* A socket of a host, bound to an address ("10.0.0.1:7") unless that is NULL; it never waits. */
int datagram_socket(struct drill_host *host, int type, int protocol, const char *bound);
int datagram_connect(struct drill_host *host, int fd, const char *peer);
/* sendto(2) of a text: to the peer, if `to` is NULL. */
ssize_t datagram_send(struct drill_host *host, int fd, const char *text, const char *to);
/* Receives at once: the text must be this one and come from there (NULL: from anywhere). */
void datagram_hear(struct drill_host *host, int fd, const char *text, const char *from);
/* Nothing is there. */
void datagram_none(struct drill_host *host, int fd);
/* Lets everything arrive. */
void datagram_settle(struct stage *stage);

/* An echo request of ICMP, or of ICMPv6 with its sum left open: 12 bytes. */
void datagram_echo(uint8_t packet[12], bool v6);

#endif
