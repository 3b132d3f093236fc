#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/scenario_parts.h"

/* The whole of a file, but not more than is worth looking at. */
static char *read_all(FILE *file, size_t *size)
{
    char *bytes = malloc(DRILL_TEXT_BYTES + 1);

    if (bytes == NULL)
        return NULL;
    *size = fread(bytes, 1, DRILL_TEXT_BYTES + 1, file);
    if (ferror(file) == 0)
        return bytes;
    free(bytes);
    return NULL;
}

struct drill_text *drill_text_read(const char *path, FILE *errors)
{
    const bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    struct drill_text *text = NULL;
    char *bytes = NULL;
    size_t size = 0;

    if (file != NULL)
        bytes = read_all(file, &size);
    if (bytes == NULL && errors != NULL)
        fprintf(errors, "%s: %s\n", path, strerror(errno));
    if (bytes != NULL)
        text = drill_text_parse(standard ? "standard input" : path, bytes, size, errors);
    free(bytes);
    if (file != NULL && !standard)
        fclose(file);
    return text;
}
