#include <errno.h>
#include <string.h>

#include "tools/report.h"

static bool written(int error, const char *path, const char *library)
{
    if (error == -ENOSYS)
        fprintf(stderr, "sockdrill: %s is not written: built without %s\n", path, library);
    else if (error < 0)
        fprintf(stderr, "sockdrill: %s: %s\n", path, strerror(-error));
    return error == 0;
}

enum drill_status drill_report_publish(const struct drill_report *self,
                                       const struct drill_request *request)
{
    bool good = true;

    drill_report_table(self, stdout);
    drill_report_findings(self, stdout);
    if (request->json != NULL)
        good = written(drill_report_write_json(self, request->json), request->json, "jansson");
    if (request->junit != NULL)
        good = written(drill_report_write_junit(self, request->junit), request->junit, "libxml2") &&
               good;
    if (!good)
        return DRILL_STATUS_INTERNAL;
    if (self->stopped)
        return DRILL_STATUS_STOPPED;
    return drill_report_has_found(self) ? DRILL_STATUS_FOUND : DRILL_STATUS_PASSED;
}
