/* tests/conformance/kernel_host.h - what of the machine a case on the kernel needs beside sockets.
 */
#ifndef TESTS_CONFORMANCE_KERNEL_HOST_H
#define TESTS_CONFORMANCE_KERNEL_HOST_H

#include <stdint.h>

/*
 * Moves the process into a network of its own, with all ports and names free, if the machine lets
 * it: as root, or by a user namespace.  If not, the cases use the machine's loopback.
 */
void kernel_isolate(void);

/* An empty directory for the names of Unix sockets: make it and go there; empty it and leave it. */
void kernel_enter_directory(void);
void kernel_leave_directory(void);

/* Members of kernel_net. */
int64_t kernel_monotonic(void);
int kernel_limit_descriptors(unsigned limit);
int kernel_sleep(int64_t duration_ns);
int kernel_spawn(void (*run)(void *), void *argument);
void kernel_join_all(void);
void kernel_settle(void);

#endif
