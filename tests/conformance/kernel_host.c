#include "tests/conformance/kernel_host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "emu/types.h"

#define PARTIES   1024
#define SETTLE_NS (2 * DRILL_MS)

struct party {
    void (*run)(void *argument);
    void *argument;
    pthread_t thread;
};

static struct party parties[PARTIES];
static size_t party_count;
static char directory[64];

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (write(fd, text, strlen(text)) < 0)
        perror(path);
    close(fd);
}

/* Keeps the user's own number, which credentials show. */
static void map_user(uid_t user, gid_t group)
{
    char text[64];

    snprintf(text, sizeof text, "%u %u 1", user, user);
    write_text("/proc/self/uid_map", text);
    write_text("/proc/self/setgroups", "deny");
    snprintf(text, sizeof text, "%u %u 1", group, group);
    write_text("/proc/self/gid_map", text);
}

static void bring_loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return;
    if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
        request.ifr_flags |= IFF_UP;
        if (ioctl(fd, SIOCSIFFLAGS, &request) != 0)
            perror("lo");
    }
    close(fd);
}

void kernel_isolate(void)
{
    uid_t user = geteuid();
    gid_t group = getegid();

    if (unshare(CLONE_NEWNET) != 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
            return;
        map_user(user, group);
    }
    bring_loopback_up();
}

void kernel_enter_directory(void)
{
    snprintf(directory, sizeof directory, "/tmp/conformance.XXXXXX");
    if (mkdtemp(directory) == NULL || chdir(directory) != 0) {
        perror(directory);
        exit(2);
    }
}

void kernel_leave_directory(void)
{
    DIR *names = opendir(directory);
    struct dirent *entry;

    while (names != NULL && (entry = readdir(names)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(names), entry->d_name, 0);
    if (names != NULL)
        closedir(names);
    if (chdir("/") != 0 || rmdir(directory) != 0)
        perror(directory);
}

int64_t kernel_monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * DRILL_SECOND + now.tv_nsec;
}

int kernel_limit_descriptors(unsigned limit)
{
    struct rlimit limits;

    if (getrlimit(RLIMIT_NOFILE, &limits) != 0)
        return -errno;
    limits.rlim_cur = limit;
    return setrlimit(RLIMIT_NOFILE, &limits) == 0 ? 0 : -errno;
}

int kernel_sleep(int64_t duration_ns)
{
    struct timespec wanted = {duration_ns / DRILL_SECOND, duration_ns % DRILL_SECOND};

    return nanosleep(&wanted, NULL) < 0 ? -errno : 0;
}

static void *run_party(void *argument)
{
    struct party *party = argument;

    party->run(party->argument);
    return NULL;
}

int kernel_spawn(void (*run)(void *), void *argument)
{
    struct party *party = &parties[party_count];

    if (party_count == PARTIES)
        return -ENOMEM;
    *party = (struct party){.run = run, .argument = argument};
    if (pthread_create(&party->thread, NULL, run_party, party) != 0)
        return -ENOMEM;
    party_count++;
    return 0;
}

void kernel_join_all(void)
{
    for (size_t i = 0; i < party_count; i++)
        pthread_join(parties[i].thread, NULL);
    party_count = 0;
}

void kernel_settle(void)
{
    kernel_sleep(SETTLE_NS);
}
