/*
 * Runs every case on the kernel and on the emulator and compares what they say.
 *
 * Each side of a case runs in a process of its own: descriptors start afresh, and a crash or a hang
 * is one failed case.  The run's memory is shared with that process, so what was said is never
 * lost.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/diff.h"
#include "tests/conformance/harness.h"
#include "tests/conformance/kernel_host.h"

#define PATIENCE_SECONDS 20

static const struct conformance_case cases[] = {
#define CASE_ROW(name, families, where) {#name, case_##name, families, where},
#include "tests/conformance/cases.def"
#undef CASE_ROW
};

static struct {
    bool kernel_only;
    bool emulator_only;
    bool list;
    bool sweep;
    bool trace;
    bool verbose;
    const char *filter;
} options;

/* What a process and its child share of one case. */
struct job {
    const struct conformance_case *subject;
    int family;
    uint64_t failing; /* of a sweep: which allocation fails at the moment */
    char problem[512];
    char clean[RUN_TEXT_SIZE];
    struct run run;
};

static struct job *kernel_job;
static struct job *emulator_job;
static unsigned passed;
static unsigned failed;
static unsigned skipped;
static unsigned long long swept; /* allocations that were made to fail */

static void reset(struct run *run, const struct job *job, const struct net *net)
{
    memset(run, 0, sizeof *run);
    run->net = net;
    run->family = job->family;
    run->on_kernel = net == &kernel_net;
}

static void on_kernel(struct job *job)
{
    reset(&job->run, job, &kernel_net);
    job->subject->body(&job->run);
    kernel_join_all();
}

/* Answers how many allocations the world made; more than any number if it could not even be made.
 */
static uint64_t in_world(struct job *job, uint64_t failing, bool evidence)
{
    const char *found;

    reset(&job->run, job, &drill_net);
    if (!drill_net_begin(failing, options.trace, evidence))
        return UINT64_MAX;
    job->subject->body(&job->run);
    drill_net.join_all();
    found = drill_net_found();
    if (found != NULL)
        snprintf(job->problem, sizeof job->problem, "gives evidence: %s,", found);
    return drill_net_end();
}

static void on_emulator(struct job *job)
{
    in_world(job, 0, false);
}

/* First every call is looked at, and then none; what follows goes on until a run ends before the
 * allocation that would have failed. */
static void on_sweep(struct job *job)
{
    uint64_t made;

    job->failing = 0;
    in_world(job, 0, true);
    memcpy(job->clean, job->run.text, sizeof job->clean);
    if (job->problem[0] != '\0')
        return;
    made = in_world(job, 0, false);
    if (strcmp(job->clean, job->run.text) != 0) {
        snprintf(job->problem, sizeof job->problem, "says something else to who does not look,");
        return;
    }
    for (job->failing = 1; made >= job->failing; job->failing++) {
        alarm(PATIENCE_SECONDS);
        made = in_world(job, job->failing, false);
        if (made != UINT64_MAX && !drill_net_told_of_memory() &&
            strcmp(job->clean, job->run.text) != 0) {
            snprintf(job->problem, sizeof job->problem,
                     "says something else, with no call out of memory,");
            return;
        }
    }
}

/* False, and a problem in the job, if the child ended in any way but by returning. */
static bool run_in_child(struct job *job, void (*side)(struct job *job))
{
    int status;
    pid_t child;

    job->problem[0] = '\0';
    fflush(stdout);
    child = fork();
    if (child == 0) {
        signal(SIGPIPE, SIG_IGN);
        alarm(PATIENCE_SECONDS);
        side(job);
        fflush(stderr);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("fork");
        exit(2);
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(job->problem, sizeof job->problem, "does not end");
    else if (WIFSIGNALED(status))
        snprintf(job->problem, sizeof job->problem, "dies of SIG%s",
                 sigabbrev_np(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        snprintf(job->problem, sizeof job->problem, "exits with %d", WEXITSTATUS(status));
    return job->problem[0] == '\0';
}

static const char *title(const struct job *job)
{
    static char text[256];
    const char *family = job->family == AF_INET    ? "inet"
                         : job->family == AF_INET6 ? "inet6"
                                                   : "unix";

    if (job->subject->families == FAMILIES_ONCE)
        return job->subject->name;
    snprintf(text, sizeof text, "%s [%s]", job->subject->name, family);
    return text;
}

static void fail(const struct job *job, const char *side, const char *problem)
{
    failed++;
    printf("FAILED %s: on the %s %s\n", title(job), side, problem);
}

static void pass(const struct job *job)
{
    passed++;
    if (options.verbose)
        printf("passed %s\n", title(job));
}

static bool run_kernel(struct job *job)
{
    bool ended;

    kernel_enter_directory();
    ended = run_in_child(job, on_kernel);
    kernel_leave_directory();
    if (!ended) {
        fail(job, "kernel", job->problem);
        print_difference(job->run.text, job->run.text);
    }
    return ended;
}

static void judge(const struct job *job, const char *expected)
{
    if (strcmp(job->run.text, expected) == 0) {
        pass(job);
        return;
    }
    failed++;
    printf("FAILED %s (- expected, + emulator)\n", title(job));
    print_difference(expected, job->run.text);
}

static void show(const struct job *job)
{
    printf("%s\n", title(job));
    print_difference(job->run.text, job->run.text);
    passed++;
}

/* Else the kernel is asked once more: it draws ports, and a port that a case has just given back
 * may be the next that somebody gets. */
static bool agree(void)
{
    return strcmp(kernel_job->run.text, emulator_job->run.text) == 0;
}

static void run_compared(void)
{
    bool emulator_alone = emulator_job->subject->where == EMULATOR;
    const char *expected;

    if (options.kernel_only && emulator_alone)
        return;
    if (!emulator_alone && !options.emulator_only && !run_kernel(kernel_job))
        return;
    if (options.kernel_only) {
        show(kernel_job);
        return;
    }
    if (!run_in_child(emulator_job, on_emulator)) {
        fail(emulator_job, "emulator", emulator_job->problem);
        print_difference(emulator_alone ? "" : kernel_job->run.text, emulator_job->run.text);
        return;
    }
    expected = emulator_job->run.expected;
    if (expected != NULL)
        judge(emulator_job, expected);
    else if (options.emulator_only)
        show(emulator_job);
    else if (emulator_alone)
        fail(emulator_job, "emulator", "has no expected text");
    else if (kernel_job->run.skipped != NULL)
        skipped++;
    else if (agree() || run_kernel(kernel_job))
        judge(emulator_job, kernel_job->run.text);
}

static void run_swept(void)
{
    char problem[1024];
    bool ended = run_in_child(emulator_job, on_sweep);

    swept += emulator_job->failing;
    if (ended && emulator_job->problem[0] == '\0') {
        pass(emulator_job);
        return;
    }
    snprintf(problem, sizeof problem, "%s when allocation %llu fails", emulator_job->problem,
             (unsigned long long)emulator_job->failing);
    fail(emulator_job, "emulator", problem);
    print_difference(emulator_job->clean, emulator_job->run.text);
}

static void run_case(const struct conformance_case *subject)
{
    static const int families[][4] = {
        [FAMILIES_ONCE] = {AF_INET},
        [FAMILIES_TCP] = {AF_INET, AF_INET6},
        [FAMILIES_UNIX] = {AF_UNIX},
        [FAMILIES_STREAM] = {AF_INET, AF_INET6, AF_UNIX},
    };

    for (const int *family = families[subject->families]; *family != 0; family++) {
        kernel_job->subject = emulator_job->subject = subject;
        kernel_job->family = emulator_job->family = *family;
        if (options.list)
            printf("%s\n", title(kernel_job));
        else if (options.sweep)
            run_swept();
        else
            run_compared();
    }
}

static void usage(void)
{
    fprintf(stderr,
            "usage: drill_conformance [--kernel-only | --emulator-only | --sweep | --list]\n"
            "                         [--trace] [--verbose] [part of a case's name]\n");
    exit(2);
}

static void read_options(int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--kernel-only") == 0)
            options.kernel_only = true;
        else if (strcmp(arguments[i], "--emulator-only") == 0)
            options.emulator_only = true;
        else if (strcmp(arguments[i], "--list") == 0)
            options.list = true;
        else if (strcmp(arguments[i], "--sweep") == 0)
            options.sweep = true;
        else if (strcmp(arguments[i], "--trace") == 0)
            options.trace = true;
        else if (strcmp(arguments[i], "--verbose") == 0)
            options.verbose = true;
        else if (arguments[i][0] != '-' && options.filter == NULL)
            options.filter = arguments[i];
        else
            usage();
    }
}

static struct job *new_job(void)
{
    void *shared =
        mmap(NULL, sizeof(struct job), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    return shared;
}

int main(int count, char **arguments)
{
    read_options(count, arguments);
    kernel_job = new_job();
    emulator_job = new_job();
    if (!options.list && !options.sweep && !options.emulator_only)
        kernel_isolate();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (options.filter == NULL || strstr(cases[i].name, options.filter) != NULL)
            run_case(&cases[i]);
    if (options.list)
        return 0;
    printf("%u passed, %u failed", passed, failed);
    if (skipped > 0)
        printf(", %u skipped", skipped);
    if (options.sweep)
        printf("; %llu allocations failed one by one", swept);
    printf("\n");
    return failed != 0;
}
