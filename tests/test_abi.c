/* On Linux, our numbers are held against those of its headers; elsewhere they are what they are. */
#define _GNU_SOURCE /* POLLRDHUP, SCM_CREDENTIALS */
#include "emu/abi.h"

#include <check.h>

#ifdef __linux__
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>

/* Both widened, since the headers give them many types. */
#define ck_assert_same(name) ck_assert_int_eq((int64_t)DRILL_##name, (int64_t)name)

START_TEST(families_types_and_protocols_are_those_of_linux)
{
    ck_assert_same(AF_UNSPEC);
    ck_assert_same(AF_UNIX);
    ck_assert_same(AF_INET);
    ck_assert_same(AF_INET6);
    ck_assert_same(SOCK_STREAM);
    ck_assert_same(SOCK_DGRAM);
    ck_assert_same(SOCK_RAW);
    ck_assert_same(SOCK_SEQPACKET);
    ck_assert_same(SOCK_NONBLOCK);
    ck_assert_same(SOCK_CLOEXEC);
    ck_assert_same(IPPROTO_IP);
    ck_assert_same(IPPROTO_ICMP);
    ck_assert_same(IPPROTO_TCP);
    ck_assert_same(IPPROTO_UDP);
    ck_assert_same(IPPROTO_IPV6);
    ck_assert_same(IPPROTO_ICMPV6);
    ck_assert_same(IPPROTO_RAW);
    ck_assert_same(SOL_SOCKET);
    ck_assert_same(SOMAXCONN);
    ck_assert_same(SHUT_RD);
    ck_assert_same(SHUT_WR);
    ck_assert_same(SHUT_RDWR);
    ck_assert_same(SCM_RIGHTS);
    ck_assert_same(SCM_CREDENTIALS);
}
END_TEST

START_TEST(message_flags_are_those_of_linux)
{
    ck_assert_same(MSG_OOB);
    ck_assert_same(MSG_PEEK);
    ck_assert_same(MSG_DONTROUTE);
    ck_assert_same(MSG_CTRUNC);
    ck_assert_same(MSG_PROXY);
    ck_assert_same(MSG_TRUNC);
    ck_assert_same(MSG_DONTWAIT);
    ck_assert_same(MSG_EOR);
    ck_assert_same(MSG_WAITALL);
    ck_assert_same(MSG_FIN);
    ck_assert_same(MSG_SYN);
    ck_assert_same(MSG_CONFIRM);
    ck_assert_same(MSG_RST);
    ck_assert_same(MSG_ERRQUEUE);
    ck_assert_same(MSG_NOSIGNAL);
    ck_assert_same(MSG_MORE);
    ck_assert_same(MSG_WAITFORONE);
    ck_assert_same(MSG_BATCH);
    ck_assert_same(MSG_ZEROCOPY);
    ck_assert_same(MSG_FASTOPEN);
    ck_assert_same(MSG_CMSG_CLOEXEC);
}
END_TEST

START_TEST(readiness_bits_are_those_of_linux)
{
    ck_assert_same(POLLIN);
    ck_assert_same(POLLPRI);
    ck_assert_same(POLLOUT);
    ck_assert_same(POLLERR);
    ck_assert_same(POLLHUP);
    ck_assert_same(POLLNVAL);
    ck_assert_same(POLLRDNORM);
    ck_assert_same(POLLRDBAND);
    ck_assert_same(POLLWRNORM);
    ck_assert_same(POLLWRBAND);
    ck_assert_same(POLLMSG);
    ck_assert_same(POLLRDHUP);
}
END_TEST

START_TEST(epoll_and_ioctl_are_those_of_linux)
{
    ck_assert_same(EPOLLIN);
    ck_assert_same(EPOLLPRI);
    ck_assert_same(EPOLLOUT);
    ck_assert_same(EPOLLERR);
    ck_assert_same(EPOLLHUP);
    ck_assert_same(EPOLLRDNORM);
    ck_assert_same(EPOLLRDBAND);
    ck_assert_same(EPOLLWRNORM);
    ck_assert_same(EPOLLWRBAND);
    ck_assert_same(EPOLLMSG);
    ck_assert_same(EPOLLRDHUP);
    ck_assert_same(EPOLL_CTL_ADD);
    ck_assert_same(EPOLL_CTL_DEL);
    ck_assert_same(EPOLL_CTL_MOD);
    ck_assert_same(EPOLL_CLOEXEC);
    ck_assert_uint_eq(DRILL_EPOLLEXCLUSIVE, (uint32_t)EPOLLEXCLUSIVE);
    ck_assert_uint_eq(DRILL_EPOLLWAKEUP, (uint32_t)EPOLLWAKEUP);
    ck_assert_uint_eq(DRILL_EPOLLONESHOT, (uint32_t)EPOLLONESHOT);
    ck_assert_uint_eq(DRILL_EPOLLET, (uint32_t)EPOLLET);
    ck_assert_same(FIONREAD);
    ck_assert_same(FIONBIO);
    ck_assert_same(SIOCINQ);
    ck_assert_same(SIOCOUTQ);
    ck_assert_same(SIOCATMARK);
}
END_TEST
#endif

Suite *abi_suite(void)
{
    Suite *suite = suite_create("abi");
    TCase *tests = tcase_create("abi");

#ifdef __linux__
    tcase_add_test(tests, families_types_and_protocols_are_those_of_linux);
    tcase_add_test(tests, message_flags_are_those_of_linux);
    tcase_add_test(tests, readiness_bits_are_those_of_linux);
    tcase_add_test(tests, epoll_and_ioctl_are_those_of_linux);
#endif
    suite_add_tcase(suite, tests);
    return suite;
}
