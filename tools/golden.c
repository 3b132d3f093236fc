#include "tools/golden.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN = 84 }; /* of a line */

#define DRILL  ".drill"
#define GOLDEN ".trace"
#define NEW    ".trace.new"

static void make_path(char path[PATH_MAX], const char *scenario, const char *end)
{
    size_t size = strlen(scenario);

    if (size > strlen(DRILL) && strcmp(scenario + size - strlen(DRILL), DRILL) == 0)
        size -= strlen(DRILL);
    snprintf(path, PATH_MAX, "%.*s%s", (int)size, scenario, end);
}

int drill_golden_open(struct drill_golden *self, const char *scenario, bool writes)
{
    memset(self, 0, sizeof *self);
    self->writes = writes;
    make_path(self->path, scenario, writes ? NEW : GOLDEN);
    self->file = fopen(self->path, writes ? "we" : "re");
    return self->file == NULL && (writes || errno != ENOENT) ? -errno : 0;
}

static void differ(struct drill_golden *self, const char *wanted, const char *came)
{
    self->differs = true;
    snprintf(self->sentence, sizeof self->sentence,
             "line %" PRIu64 " of the trace is `%.*s`, and in the golden trace `%.*s`", self->line,
             SHOWN, came, SHOWN, wanted);
}

void drill_golden_line(void *golden, const char *line)
{
    struct drill_golden *self = golden;
    char *wanted = NULL;
    size_t room = 0;

    if (self->file == NULL || self->differs)
        return;
    if (self->writes) {
        fprintf(self->file, "%s\n", line);
        return;
    }
    self->line++;
    const ssize_t size = getline(&wanted, &room, self->file);
    if (size > 0 && wanted[size - 1] == '\n')
        wanted[size - 1] = '\0';
    if (size <= 0)
        differ(self, "the end", line);
    else if (strcmp(wanted, line) != 0)
        differ(self, wanted, line);
    free(wanted);
}

static int finish(struct drill_golden *self, bool passed)
{
    char path[PATH_MAX];
    const size_t size = strlen(self->path) - strlen(NEW);

    if (fclose(self->file) != 0)
        return -errno;
    if (!passed)
        return unlink(self->path) == 0 ? 0 : -errno;
    snprintf(path, sizeof path, "%.*s%s", (int)size, self->path, GOLDEN);
    if (rename(self->path, path) == 0)
        return 0;
    const int error = -errno;
    unlink(self->path);
    return error;
}

int drill_golden_close(struct drill_golden *self, struct drill_outcome *outcome)
{
    if (self->file == NULL)
        return 0;
    if (self->writes)
        return finish(self, outcome->kind == DRILL_PASSED);
    self->line++;
    if (!self->differs && fgetc(self->file) != EOF)
        differ(self, "a further line", "its end");
    fclose(self->file);
    if (self->differs && outcome->kind == DRILL_PASSED) {
        outcome->kind = DRILL_DIFFERED;
        memcpy(outcome->sentence, self->sentence, sizeof outcome->sentence);
    }
    return 0;
}
