/*
 * emu/echo.h - what a host's kernel does with ICMP: it answers echo requests, and checks sums.
 *
 *   Owns    nothing.
 *   Errors  none: an answer for which there is no memory is lost, and traced.
 */
#ifndef EMU_ECHO_H
#define EMU_ECHO_H

#include "emu/inet.h"

/* The type of an ICMP message of either family; -1: it is none, or too short for one. */
int drill_echo_type(const struct drill_dgram *dgram);
/* Whether its checksum is right. */
bool drill_echo_is_right(const struct drill_dgram *dgram);
/* Answers a request that has come to a host, if it is one and its sum is right (RFC 1122 3.2.2.6).
 */
void drill_echo_answer(const struct drill_dgram *request, struct drill_host *host);

#endif
