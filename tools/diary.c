#include "tools/diary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/words.h"

enum { LINE = 1024, OPTIONS = 128, LOG_BYTES_MAX = 1 << 28 };

static void hear(void *context, const struct drill_choice *choice, uint64_t answer)
{
    struct drill_diary *self = context;
    char line[LINE];

    drill_choice_line(choice, answer, line, sizeof line);
    fprintf(self->file, "%s\n", line);
}

static int build(struct drill_stage *stage, void *context)
{
    struct drill_diary *self = context;

    /* Only of the first run: others look whether it comes to the same. */
    if (self->file != NULL && self->world == NULL)
        drill_recorder_set(drill_stage_world(stage), hear, self);
    self->world = drill_stage_world(stage);
    return self->played->build(stage, self->played->context);
}

static void write_line(void *context, const char *line)
{
    fprintf(context, "%s\n", line);
}

int drill_diary_head(struct drill_log *log, const struct drill_trial *trial,
                     const struct drill_outcome *finding)
{
    char options[OPTIONS], seed[24];
    int error;

    snprintf(seed, sizeof seed, "%" PRIu64, finding->seed);
    drill_trial_show_options(trial, options, sizeof options);
    if ((error = drill_log_set_header(log, "sockdrill", DRILL_VERSION)) < 0 ||
        (error = drill_log_set_header(log, "scenario", trial->scenario->name)) < 0 ||
        (error = drill_log_set_header(log, "command", trial->order.many ? "explore" : "run")) < 0 ||
        (error = drill_log_set_header(log, "seed", seed)) < 0 ||
        (error = drill_log_set_header(log, "finds", drill_finding_name(finding->kind))) < 0)
        return error;
    if (options[0] != '\0' && (error = drill_log_set_header(log, "options", options + 1)) < 0)
        return error;
    return finding->sentence[0] != '\0' ? drill_log_set_header(log, "sentence", finding->sentence)
                                        : 0;
}

static int write_head(struct drill_diary *self, const struct drill_trial *trial,
                      const struct drill_outcome *finding)
{
    struct drill_log *log = drill_log_new();
    int error = log != NULL ? drill_diary_head(log, trial, finding) : -ENOMEM;

    if (error == 0)
        error = drill_log_write(log, write_line, self->file);
    drill_log_free(log);
    return error;
}

int drill_diary_open(struct drill_diary *self, const struct drill_trial *trial, const char *path,
                     const struct drill_outcome *finding)
{
    *self = (struct drill_diary){.played = trial->scenario, .scenario = *trial->scenario};
    self->scenario.build = build;
    self->scenario.context = self;
    if (path == NULL)
        return 0;
    self->file = fopen(path, "we");
    if (self->file == NULL)
        return -errno;
    setvbuf(self->file, NULL, _IOLBF, 0);
    return write_head(self, trial, finding);
}

int drill_diary_close(struct drill_diary *self)
{
    FILE *file = self->file;

    self->file = NULL;
    if (file == NULL)
        return 0;
    const bool bad = ferror(file) != 0;
    return fclose(file) != 0 || bad ? -EIO : 0;
}

int drill_diary_write(const struct drill_log *log, const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return -errno;
    const int error = drill_log_write(log, write_line, file);
    const bool bad = ferror(file) != 0;
    if (fclose(file) != 0 || bad)
        return -EIO;
    return error;
}

/* The whole of a file, whatever bytes it has: 0, and it is the caller's. */
static int read_all(const char *path, char **text, size_t *size)
{
    FILE *from = fopen(path, "re"), *to = open_memstream(text, size);
    char block[LINE];
    size_t count, all = 0;
    int error = from == NULL ? -errno : to == NULL ? -ENOMEM : 0;

    while (error == 0 && (count = fread(block, 1, sizeof block, from)) > 0) {
        all += count;
        error = fwrite(block, 1, count, to) < count ? -ENOMEM : all > LOG_BYTES_MAX ? -E2BIG : 0;
    }
    if (error == 0 && ferror(from) != 0)
        error = -errno;
    if (from != NULL)
        fclose(from);
    if (to != NULL && fclose(to) != 0 && error == 0)
        error = -ENOMEM;
    return error;
}

enum drill_status drill_diary_load(struct drill_log *log, const char *path)
{
    struct drill_text_error wrong = {0};
    char *text = NULL;
    size_t size = 0;

    int error = read_all(path, &text, &size);
    if (error == 0)
        error = drill_log_read(log, text, size, &wrong);
    free(text);
    if (wrong.line != 0)
        fprintf(stderr, "%s:%u:%u: %s\n", path, wrong.line, wrong.column, wrong.text);
    else if (error < 0)
        fprintf(stderr, "sockdrill: %s: %s\n", path, strerror(-error));
    return error == 0         ? DRILL_STATUS_PASSED
           : error == -ENOMEM ? DRILL_STATUS_INTERNAL
                              : DRILL_STATUS_INPUT;
}

/* DRILL_FINDINGS: there is no such thing. */
static enum drill_finding_kind kind_of(const char *name)
{
    int kind = 0;

    while (name != NULL && kind < DRILL_FINDINGS &&
           strcmp(drill_finding_name((enum drill_finding_kind)kind), name) != 0)
        kind++;
    return (enum drill_finding_kind)kind;
}

static bool are_options(const char *options)
{
    static const char known[] = "--bug --calm --swarm --no-swarm --order random pct --faults "
                                "standard hostile";
    char word[OPTIONS];

    for (options += strspn(options, " "); *options != '\0'; options += strspn(options, " ")) {
        const size_t size = strcspn(options, " ");
        snprintf(word, sizeof word, "%.*s", (int)size, options);
        if (!drill_is_among(known, word))
            return false;
        options += size;
    }
    return true;
}

/* What the headers say of how it was run: NULL, or what was expected. */
static const char *take_head(const struct drill_log *log, struct drill_request *request,
                             struct drill_outcome *finding)
{
    const char *options = drill_log_header(log, "options");
    const char *seed = drill_log_header(log, "seed");
    const char *command = drill_log_header(log, "command");
    const char *sentence = drill_log_header(log, "sentence");
    const bool explores = command != NULL && strcmp(command, "explore") == 0;

    if (options == NULL)
        options = "";
    request->bug = drill_is_among(options, "--bug");
    request->calm = drill_is_among(options, "--calm");
    request->no_swarm =
        explores ? drill_is_among(options, "--no-swarm") : !drill_is_among(options, "--swarm");
    request->faults = drill_is_among(options, "hostile")    ? DRILL_STANDARD_HOSTILE
                      : drill_is_among(options, "standard") ? DRILL_STANDARD
                                                            : DRILL_NO_STANDARD;
    request->tasks = drill_is_among(options, "random") ? DRILL_ORDER_RANDOM
                     : drill_is_among(options, "pct")  ? DRILL_ORDER_PCT
                                                       : DRILL_ORDER_FIFO;
    request->seeded = true;
    *finding = (struct drill_outcome){.kind = kind_of(drill_log_header(log, "finds"))};
    snprintf(finding->sentence, sizeof finding->sentence, "%s", sentence != NULL ? sentence : "");
    if (finding->kind == DRILL_FINDINGS)
        return "a finding behind `finds`, such as broke";
    if (!are_options(options))
        return "options of a run behind `options`, such as --bug";
    if (seed == NULL || !drill_word_number(seed, &request->first_seed))
        return "the headers scenario and seed";
    finding->seed = request->first_seed;
    return NULL;
}

enum drill_status drill_diary_read(struct drill_log *log, const char *path,
                                   struct drill_request *request, struct drill_trial *trial,
                                   struct drill_outcome *finding)
{
    const enum drill_status status = drill_diary_load(log, path);

    if (status != DRILL_STATUS_PASSED)
        return status;
    const char *const scenario = drill_log_header(log, "scenario");
    const char *const command = drill_log_header(log, "command");
    const char *expected = take_head(log, request, finding);
    if (scenario == NULL)
        expected = "the headers scenario and seed";
    if (expected != NULL) {
        fprintf(stderr, "%s: expected %s\n", path, expected);
        return DRILL_STATUS_INPUT;
    }
    const enum drill_status opened = drill_trial_open(trial, request, scenario);
    if (opened == DRILL_STATUS_PASSED && command != NULL && strcmp(command, "explore") == 0) {
        trial->order.many = true;
        trial->order.quick = finding->kind != DRILL_DIFFERED;
    }
    return opened;
}
