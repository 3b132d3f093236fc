#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/report.h"

static bool written(int error, const char *path, const char *library)
{
    if (error == -ENOSYS)
        fprintf(stderr, "sockdrill: %s is not written: built without %s\n", path, library);
    else if (error < 0)
        fprintf(stderr, "sockdrill: %s: %s\n", path, strerror(-error));
    return error == 0;
}

/* A file is there as a whole or not at all, and one that was there stays until then; what is no
 * file, such as a pipe, is written as it comes. */
static int write_whole(const struct drill_report *self, const char *path,
                       int (*write)(const struct drill_report *self, const char *path))
{
    char beside[PATH_MAX];
    struct stat there;
    const int size = snprintf(beside, sizeof beside, "%s.new", path);

    if (size < 0 || (size_t)size >= sizeof beside)
        return -ENAMETOOLONG;
    if (lstat(path, &there) == 0 && !S_ISREG(there.st_mode))
        return write(self, path);
    int error = write(self, beside);
    if (error == 0 && rename(beside, path) != 0)
        error = -errno;
    if (error < 0)
        unlink(beside);
    return error;
}

enum drill_status drill_report_publish(const struct drill_report *self,
                                       const struct drill_request *request)
{
    bool good = true;

    drill_report_table(self, stdout);
    drill_report_findings(self, stdout);
    if (request->json != NULL)
        good = written(write_whole(self, request->json, drill_report_write_json), request->json,
                       "jansson");
    if (request->junit != NULL)
        good = written(write_whole(self, request->junit, drill_report_write_junit), request->junit,
                       "libxml2") &&
               good;
    if (!good)
        return DRILL_STATUS_INTERNAL;
    if (self->stopped)
        return DRILL_STATUS_STOPPED;
    return drill_report_has_found(self) ? DRILL_STATUS_FOUND : DRILL_STATUS_PASSED;
}
