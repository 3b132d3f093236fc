#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "tools/report.h"

#ifdef HAVE_LIBXML2

#include <libxml/xmlwriter.h>

static const xmlChar *xml(const char *text)
{
    return (const xmlChar *)text;
}

static void attribute(xmlTextWriterPtr writer, const char *name, const char *value)
{
    xmlTextWriterWriteAttribute(writer, xml(name), xml(value));
}

static void number(xmlTextWriterPtr writer, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, value);
    attribute(writer, name, text);
}

static void seconds(xmlTextWriterPtr writer, double value)
{
    char text[32];

    snprintf(text, sizeof text, "%.3f", value);
    attribute(writer, "time", text);
}

static void write_lines(xmlTextWriterPtr writer, const char *title, const struct drill_lines *lines)
{
    if (lines->count == 0)
        return;
    xmlTextWriterWriteString(writer, xml(title));
    xmlTextWriterWriteString(writer, xml("\n"));
    for (size_t i = 0; i < lines->count; i++) {
        xmlTextWriterWriteString(writer, xml("  "));
        xmlTextWriterWriteString(writer, xml(lines->line[i]));
        xmlTextWriterWriteString(writer, xml("\n"));
    }
}

static void write_finding(xmlTextWriterPtr writer, const struct drill_finding *finding)
{
    char text[64];

    xmlTextWriterStartElement(writer, xml("failure"));
    attribute(writer, "type", drill_finding_name(finding->outcome.kind));
    attribute(writer, "message", finding->outcome.sentence);
    snprintf(text, sizeof text, "seed %" PRIu64 ", %" PRIu64 " runs\n", finding->outcome.seed,
             finding->count);
    xmlTextWriterWriteString(writer, xml(text));
    char *const log = finding->log != NULL ? drill_text_quote(finding->log) : NULL;
    if (log != NULL) {
        xmlTextWriterWriteString(writer, xml("again: sockdrill replay "));
        xmlTextWriterWriteString(writer, xml(log));
        xmlTextWriterWriteString(writer, xml("\n"));
    }
    free(log);
    if (finding->again != NULL) {
        xmlTextWriterWriteString(writer, xml("again: "));
        xmlTextWriterWriteString(writer, xml(finding->again));
        xmlTextWriterWriteString(writer, xml("\n"));
    }
    write_lines(writer, "decisions:", &finding->decisions);
    write_lines(writer, "the end of its trace:", &finding->trace);
    write_lines(writer, "at the end:", &finding->state);
    write_lines(writer, "what it has written:", &finding->output);
    xmlTextWriterEndElement(writer);
}

static void write_missed(xmlTextWriterPtr writer, const char *mark)
{
    xmlTextWriterStartElement(writer, xml("failure"));
    attribute(writer, "type", drill_finding_name(DRILL_UNMET));
    attribute(writer, "message", "a place that no run has reached");
    xmlTextWriterWriteString(writer, xml(mark));
    xmlTextWriterEndElement(writer);
}

static void write_result(xmlTextWriterPtr writer, const char *command,
                         const struct drill_result *result)
{
    const char *mark;

    xmlTextWriterStartElement(writer, xml("testcase"));
    attribute(writer, "classname", command);
    attribute(writer, "name", result->name);
    number(writer, "assertions", result->tally.runs);
    seconds(writer, result->seconds);
    if (result->tally.runs == 0)
        xmlTextWriterWriteElement(writer, xml("skipped"), NULL);
    for (size_t i = 0; i < result->count; i++)
        write_finding(writer, &result->findings[i]);
    for (size_t i = 0; (mark = drill_result_missed(result, i)) != NULL; i++)
        write_missed(writer, mark);
    xmlTextWriterEndElement(writer);
}

static void write_report(xmlTextWriterPtr writer, const struct drill_report *self)
{
    uint64_t found = 0, skipped = 0;
    double time = 0;

    for (size_t i = 0; i < self->count; i++) {
        found += drill_result_has_found(&self->results[i]);
        skipped += self->results[i].tally.runs == 0;
        time += self->results[i].seconds;
    }
    xmlTextWriterSetIndent(writer, 1);
    xmlTextWriterStartDocument(writer, NULL, "UTF-8", NULL);
    xmlTextWriterStartElement(writer, xml("testsuites"));
    xmlTextWriterStartElement(writer, xml("testsuite"));
    attribute(writer, "name", "sockdrill");
    number(writer, "tests", self->count);
    number(writer, "failures", found);
    number(writer, "errors", 0);
    number(writer, "skipped", skipped);
    seconds(writer, time);
    for (size_t i = 0; i < self->count; i++)
        write_result(writer, self->command, &self->results[i]);
    xmlTextWriterEndDocument(writer);
}

/* By way of memory, as the library does not say whether a file was written. */
int drill_report_write_junit(const struct drill_report *self, const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return -errno;
    xmlBufferPtr buffer = xmlBufferCreate();
    xmlTextWriterPtr writer = buffer != NULL ? xmlNewTextWriterMemory(buffer, 0) : NULL;
    int error = -ENOMEM;

    if (writer != NULL) {
        write_report(writer, self);
        xmlFreeTextWriter(writer);
        const size_t size = (size_t)xmlBufferLength(buffer);
        error = fwrite(xmlBufferContent(buffer), 1, size, file) == size ? 0 : -EIO;
    }
    if (buffer != NULL)
        xmlBufferFree(buffer);
    if (fclose(file) != 0 && error == 0)
        error = -errno;
    return error;
}

#else

int drill_report_write_junit(const struct drill_report *self, const char *path)
{
    (void)self, (void)path;
    return -ENOSYS;
}

#endif
