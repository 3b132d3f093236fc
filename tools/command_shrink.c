/*
 * tools/command_shrink.c - `sockdrill shrink`: the shortest log that still finds the same, as a log
 * and as a scenario.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/diary.h"
#include "tools/pin.h"
#include "tools/shrink.h"

#define LOG   ".log"
#define DRILL ".drill"
#define SHORT ".short"

static void show_progress(uint64_t runs, uint64_t decisions)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%" PRIu64 " runs, %" PRIu64 " decisions left\033[K", runs, decisions);
}

/* LOG.log becomes LOG.short.log, beside it. */
static void make_path(char path[PATH_MAX], const char *log, const char *end)
{
    size_t size = strlen(log);

    if (size > strlen(LOG) && strcmp(log + size - strlen(LOG), LOG) == 0)
        size -= strlen(LOG);
    snprintf(path, PATH_MAX, "%.*s" SHORT "%s", (int)size, log, end);
}

static void print_decision(void *context, const char *line)
{
    (void)context;
    if (strncmp(line, "choose ", strlen("choose ")) == 0)
        printf("  %s\n", line);
}

static enum drill_status was_written(int error, const char *path)
{
    if (error == 0)
        return DRILL_STATUS_PASSED;
    fprintf(stderr, "sockdrill: %s: %s\n", path, strerror(-error));
    return DRILL_STATUS_INTERNAL;
}

static void print_again(const char *command, const char *path, const char *options)
{
    char *const word = drill_text_quote(path);

    if (word != NULL)
        printf("again: sockdrill %s %s%s\n", command, word, options);
    free(word);
}

static enum drill_status write_all(const struct drill_trial *trial, const struct drill_log *log,
                                   const struct drill_outcome *finding)
{
    const char *const given = trial->request->names[0];
    char path[PATH_MAX];

    make_path(path, given, LOG);
    const enum drill_status status = was_written(drill_diary_write(log, path), path);
    if (status != DRILL_STATUS_PASSED)
        return status;
    print_again("replay", path, "");
    make_path(path, given, DRILL);
    const int error = drill_pin_write(trial, log, finding, path);
    if (error == -ENOENT) /* a scenario in C */
        return DRILL_STATUS_PASSED;
    if (error == 0)
        print_again("run", path, trial->request->bug ? " --bug" : "");
    return was_written(error, path);
}

static enum drill_status shrink(const struct drill_trial *trial, struct drill_log *log,
                                const struct drill_outcome *finding)
{
    const char *const given = trial->request->names[0];
    const size_t before = drill_log_count(log);

    const int error = drill_shrink(trial, log, finding, 0, show_progress);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    if (error == -EINTR)
        return DRILL_STATUS_STOPPED;
    if (error == -EINVAL) {
        printf("%s: a run with it does not find: %s: %s\n", given,
               drill_finding_name(finding->kind), finding->sentence);
        return DRILL_STATUS_FOUND;
    }
    if (error < 0)
        return drill_trial_explain(trial, error);
    printf("%s: %zu decisions of %zu, still %s: %s\n", given, drill_log_count(log), before,
           drill_finding_name(finding->kind), finding->sentence);
    drill_log_write(log, print_decision, NULL);
    return write_all(trial, log, finding);
}

enum drill_status drill_command_shrink(const struct drill_request *request)
{
    struct drill_request read = *request;
    struct drill_log *log = drill_log_new();
    struct drill_outcome finding;
    struct drill_trial trial;
    enum drill_status status = DRILL_STATUS_INTERNAL;

    if (log != NULL)
        status = drill_diary_read(log, request->names[0], &read, &trial, &finding);
    if (status == DRILL_STATUS_PASSED) {
        if (finding.kind == DRILL_PASSED) {
            fprintf(stderr, "%s: expected a log that finds something\n", request->names[0]);
            status = DRILL_STATUS_INPUT;
        } else {
            status = shrink(&trial, log, &finding);
        }
        drill_trial_close(&trial);
    }
    drill_log_free(log);
    return status;
}
