/*
 * tests/conformance/message.h - what the cases of datagrams, raw sockets and multicast share.
 *
 * Everything here says what it sees and goes on, as harness.h demands of a case.
 */
#ifndef TESTS_CONFORMANCE_MESSAGE_H
#define TESTS_CONFORMANCE_MESSAGE_H

#include "tests/conformance/harness.h"

/* Sends `text` to `to`, or to the peer if that is NULL: "what = 3", or the error. */
void tell_send(struct run *run, const char *what, int fd, const char *text,
               const struct drill_sockaddr *to);
/* As tell_send, with control data. */
void tell_send_control(struct run *run, const char *what, int fd, const struct drill_sockaddr *to,
                       void *control, size_t control_size);
/*
 * Receives up to `size` bytes, with `room` bytes for control data, and never waits:
 * "what = 3 'abc' from 127.0.0.1:P1, flags TRUNC, control 24", then a line for each message in it.
 */
void tell_message(struct run *run, const char *what, int fd, size_t size, size_t room, int flags);
/* "what = 3 'abc' from 127.0.0.1:P1": recvfrom with all the room that it may need. */
void tell_from(struct run *run, const char *what, int fd);
/* As tell_recv, with all the room that it may need. */
void tell_got(struct run *run, const char *what, int fd);
/* An int that ioctl answers: "what = 3", or the error. */
void tell_ioctl(struct run *run, const char *what, int fd, int request);

/* Sets an option of type int; an error is said. */
void set_option(struct run *run, int fd, int level, int option, int value);
/* As set_option: "what = 0", or the error. */
void tell_set(struct run *run, const char *what, int fd, int level, int option, int value);

/* A datagram socket bound to `addr`, into which the address that it got goes. */
int datagram_at(struct run *run, struct drill_sockaddr *addr);
/* Two datagram sockets on the loopback address, not connected. */
void datagram_two(struct run *run, int fds[2], struct drill_sockaddr addrs[2]);
/* An address of the loopback whose port nobody has. */
struct drill_sockaddr nobody(struct run *run);
struct drill_sockaddr no_address(void);

/* One control message, as CMSG_SPACE lays it out; answers the bytes of `control` then used. */
size_t put_control(char *control, size_t used, int level, int type, const void *data, size_t size);

#endif
