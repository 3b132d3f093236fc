/*
 * tools/command_merge.c - `sockdrill merge`: the reports of all shards become the one report of the
 * whole.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "tools/report.h"

/* Whether they are all shards of one number, each once; -1, and said, if they are not. */
static int check_shards(const struct drill_report *reports, const struct drill_request *request)
{
    for (size_t i = 0; i < request->name_count; i++) {
        if (reports[i].shards != reports[0].shards) {
            fprintf(stderr, "sockdrill: %s: expected a shard of %" PRIu64 "\n", request->names[i],
                    reports[0].shards);
            return -1;
        }
        for (size_t j = 0; j < i; j++)
            if (reports[j].shard == reports[i].shard) {
                fprintf(stderr, "sockdrill: %s: is the same shard as %s\n", request->names[i],
                        request->names[j]);
                return -1;
            }
    }
    return 0;
}

static enum drill_status merge(struct drill_report *reports, const struct drill_request *request)
{
    const size_t count = request->name_count;

    if (check_shards(reports, request) < 0)
        return DRILL_STATUS_INPUT;
    for (size_t i = 1; i < count; i++)
        if (drill_report_merge(&reports[0], &reports[i]) < 0) {
            fprintf(stderr, "sockdrill: %s: is no shard of the same as %s\n", request->names[i],
                    request->names[0]);
            return DRILL_STATUS_INPUT;
        }
    if (reports[0].shards != count)
        fprintf(stderr, "sockdrill: %zu of %" PRIu64 " shards\n", count, reports[0].shards);
    reports[0].stopped |= reports[0].shards != count;
    reports[0].shard = reports[0].shards = 1;
    return drill_report_publish(&reports[0], request);
}

enum drill_status drill_command_merge(const struct drill_request *request)
{
    struct drill_report *reports = calloc(request->name_count, sizeof *reports);
    enum drill_status status = DRILL_STATUS_PASSED;

    if (reports == NULL)
        return DRILL_STATUS_INTERNAL;
    for (size_t i = 0; i < request->name_count && status == DRILL_STATUS_PASSED; i++)
        if (drill_report_read_json(&reports[i], request->names[i]) < 0)
            status = DRILL_STATUS_INPUT;
    if (status == DRILL_STATUS_PASSED)
        status = merge(reports, request);
    for (size_t i = 0; i < request->name_count; i++)
        drill_report_fini(&reports[i]);
    free(reports);
    return status;
}
