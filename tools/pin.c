#include "tools/pin.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/words.h"

static void write_decision(void *context, const char *line)
{
    /* A run of a scenario has no swarm. */
    if (strncmp(line, "choose ", strlen("choose ")) == 0 &&
        strncmp(line, "choose swarm ", strlen("choose swarm ")) != 0)
        fprintf(context, "%s\n", line);
}

static void write_head(FILE *out, const struct drill_trial *trial, const struct drill_log *log,
                       const struct drill_outcome *finding)
{
    char options[128];

    drill_trial_show_options(trial, options, sizeof options);
    fprintf(out, "# %s, as a log of sockdrill " DRILL_VERSION " has it%s%s.\n",
            trial->scenario->name, options[0] != '\0' ? ", run with" : "", options);
    fprintf(out, "# It finds: %s: %s\n", drill_finding_name(finding->kind), finding->sentence);
    fprintf(out, "seed %" PRIu64 "\n", finding->seed);
    if (trial->request->faults != DRILL_NO_STANDARD)
        fprintf(out, "faults %s\n",
                trial->request->faults == DRILL_STANDARD_HOSTILE ? "hostile" : "standard");
    drill_log_write(log, write_decision, out);
    fputc('\n', out);
}

/* A library that lies beside the scenario is found from anywhere. */
static void write_library(FILE *out, const char *scenario, const char *line, const char *file)
{
    const char *const stroke = strrchr(scenario, '/');
    const int folder = stroke != NULL ? (int)(stroke - scenario) + 1 : 0;
    char path[PATH_MAX], *whole = NULL;
    const int size = snprintf(path, sizeof path, "%.*s%s", folder, scenario, file);

    if (size > 0 && (size_t)size < sizeof path)
        whole = realpath(path, NULL);
    if (whole != NULL)
        fprintf(out, "library \"%s\"\n", whole);
    else
        fprintf(out, "%s\n", line);
    free(whole);
}

static void write_line(FILE *out, const char *scenario, const char *line)
{
    struct drill_words words;
    const int count = drill_words_split(&words, line);

    if (count >= 1 && (strcmp(words.word[0], "seed") == 0 || strcmp(words.word[0], "choose") == 0))
        return;
    if (count >= 2 && strcmp(words.word[0], "library") == 0)
        write_library(out, scenario, line, words.word[1]);
    else
        fprintf(out, "%s\n", line);
}

static int copy(FILE *from, FILE *to, const char *scenario)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size;

    while ((size = getline(&line, &room, from)) >= 0) {
        if (size > 0 && line[size - 1] == '\n')
            line[size - 1] = '\0';
        write_line(to, scenario, line);
    }
    free(line);
    return ferror(from) == 0 ? 0 : -EIO;
}

int drill_pin_write(const struct drill_trial *trial, const struct drill_log *log,
                    const struct drill_outcome *finding, const char *path)
{
    const char *const scenario = trial->scenario->name;
    FILE *from = trial->text != NULL ? fopen(scenario, "re") : NULL;

    if (from == NULL)
        return -ENOENT;
    FILE *to = fopen(path, "we");
    if (to == NULL) {
        const int error = -errno;
        fclose(from);
        return error;
    }
    write_head(to, trial, log, finding);
    const int error = copy(from, to, scenario);
    fclose(from);
    const bool bad = ferror(to) != 0;
    return fclose(to) != 0 || bad ? -EIO : error;
}
