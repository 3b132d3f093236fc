/*
 * emu/abi.h - the numbers of Linux that cross the door: families, types, flags and readiness bits.
 *
 * Nothing in emu/ includes a header of the host system's sockets, so a program sees the same
 * numbers on every platform.  Taken from Linux's uapi headers as of x86-64 and arm64;
 * tests/test_abi.c holds them against <sys/socket.h>, <poll.h> and <sys/epoll.h>.  Options stand
 * in options.def.
 */
#ifndef EMU_ABI_H
#define EMU_ABI_H

#include <stdint.h>

/* socket(2) */
enum {
    DRILL_AF_UNSPEC = 0,
    DRILL_AF_UNIX = 1,
    DRILL_AF_INET = 2,
    DRILL_AF_INET6 = 10,
};

enum {
    DRILL_SOCK_STREAM = 1,
    DRILL_SOCK_DGRAM = 2,
    DRILL_SOCK_RAW = 3,
    DRILL_SOCK_SEQPACKET = 5,
    DRILL_SOCK_TYPE_MASK = 0xf, /* what is left of a type without its flags */
    DRILL_SOCK_NONBLOCK = 04000,
    DRILL_SOCK_CLOEXEC = 02000000,
};

enum {
    DRILL_IPPROTO_IP = 0,
    DRILL_IPPROTO_ICMP = 1,
    DRILL_IPPROTO_TCP = 6,
    DRILL_IPPROTO_UDP = 17,
    DRILL_IPPROTO_IPV6 = 41,
    DRILL_IPPROTO_ICMPV6 = 58,
    DRILL_IPPROTO_RAW = 255,
};

/* Levels of options and control messages; those of a protocol are its DRILL_IPPROTO_ number. */
enum { DRILL_SOL_SOCKET = 1 };

/* unix(7): control messages of level DRILL_SOL_SOCKET. */
enum {
    DRILL_SCM_RIGHTS = 1,
    DRILL_SCM_CREDENTIALS = 2,
    DRILL_SCM_MAX_FD = 253,
};

enum { DRILL_SOMAXCONN = 4096 };

/* shutdown(2) */
enum {
    DRILL_SHUT_RD = 0,
    DRILL_SHUT_WR = 1,
    DRILL_SHUT_RDWR = 2,
};

/* recv(2), send(2) */
enum {
    DRILL_MSG_OOB = 0x1,
    DRILL_MSG_PEEK = 0x2,
    DRILL_MSG_DONTROUTE = 0x4,
    DRILL_MSG_CTRUNC = 0x8,
    DRILL_MSG_PROXY = 0x10,
    DRILL_MSG_TRUNC = 0x20,
    DRILL_MSG_DONTWAIT = 0x40,
    DRILL_MSG_EOR = 0x80,
    DRILL_MSG_WAITALL = 0x100,
    DRILL_MSG_FIN = 0x200,
    DRILL_MSG_SYN = 0x400,
    DRILL_MSG_CONFIRM = 0x800,
    DRILL_MSG_RST = 0x1000,
    DRILL_MSG_ERRQUEUE = 0x2000,
    DRILL_MSG_NOSIGNAL = 0x4000,
    DRILL_MSG_MORE = 0x8000,
    DRILL_MSG_WAITFORONE = 0x10000,
    DRILL_MSG_BATCH = 0x40000,
    DRILL_MSG_ZEROCOPY = 0x4000000,
    DRILL_MSG_FASTOPEN = 0x20000000,
    DRILL_MSG_CMSG_CLOEXEC = 0x40000000,
};

/* poll(2); the bits of epoll are the same. */
enum {
    DRILL_POLLIN = 0x1,
    DRILL_POLLPRI = 0x2,
    DRILL_POLLOUT = 0x4,
    DRILL_POLLERR = 0x8,
    DRILL_POLLHUP = 0x10,
    DRILL_POLLNVAL = 0x20,
    DRILL_POLLRDNORM = 0x40,
    DRILL_POLLRDBAND = 0x80,
    DRILL_POLLWRNORM = 0x100,
    DRILL_POLLWRBAND = 0x200,
    DRILL_POLLMSG = 0x400,
    DRILL_POLLRDHUP = 0x2000,
};

/* epoll_ctl(2) */
enum {
    DRILL_EPOLL_CTL_ADD = 1,
    DRILL_EPOLL_CTL_DEL = 2,
    DRILL_EPOLL_CTL_MOD = 3,
    DRILL_EPOLL_CLOEXEC = 02000000,
};

#define DRILL_EPOLLIN        UINT32_C(0x1)
#define DRILL_EPOLLPRI       UINT32_C(0x2)
#define DRILL_EPOLLOUT       UINT32_C(0x4)
#define DRILL_EPOLLERR       UINT32_C(0x8)
#define DRILL_EPOLLHUP       UINT32_C(0x10)
#define DRILL_EPOLLRDNORM    UINT32_C(0x40)
#define DRILL_EPOLLRDBAND    UINT32_C(0x80)
#define DRILL_EPOLLWRNORM    UINT32_C(0x100)
#define DRILL_EPOLLWRBAND    UINT32_C(0x200)
#define DRILL_EPOLLMSG       UINT32_C(0x400)
#define DRILL_EPOLLRDHUP     UINT32_C(0x2000)
#define DRILL_EPOLLEXCLUSIVE (UINT32_C(1) << 28)
#define DRILL_EPOLLWAKEUP    (UINT32_C(1) << 29)
#define DRILL_EPOLLONESHOT   (UINT32_C(1) << 30)
#define DRILL_EPOLLET        (UINT32_C(1) << 31)

/* ioctl(2), tcp(7) */
enum {
    DRILL_FIONREAD = 0x541B,
    DRILL_FIONBIO = 0x5421,
    DRILL_SIOCINQ = DRILL_FIONREAD,
    DRILL_SIOCOUTQ = 0x5411,
    DRILL_SIOCATMARK = 0x8905,
};

#endif
