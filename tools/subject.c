#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/scenario_parts.h"

enum { SUBJECTS = 256, PATH = 4096 };

struct drill_library {
    struct drill_library *next;
    void *handle;
};

/* What programs have registered: filled before anything runs. */
static struct {
    const char *name;
    drill_subject *subject;
} subjects[SUBJECTS];

void drill_subject_register(const char *name, drill_subject *subject)
{
    for (size_t i = 0; i < SUBJECTS; i++)
        if (subjects[i].name == NULL || strcmp(subjects[i].name, name) == 0) {
            subjects[i].name = name;
            subjects[i].subject = subject;
            return;
        }
    fprintf(stderr, "sockdrill: more than %d subjects: %s is left out\n", SUBJECTS, name);
}

drill_subject *drill_subject_find(const struct drill_text *text, const char *name)
{
    for (size_t i = 0; i < SUBJECTS && subjects[i].name != NULL; i++)
        if (strcmp(subjects[i].name, name) == 0)
            return subjects[i].subject;
    for (const struct drill_library *library = text->libraries; library != NULL;
         library = library->next) {
        drill_subject *subject;
        void *symbol = dlsym(library->handle, name);
        /* ISO C has no cast from an object to a function; POSIX says that this works. */
        memcpy(&subject, &symbol, sizeof subject);
        if (symbol != NULL)
            return subject;
    }
    return NULL;
}

/* Opens FOLDER/FILE; `size` bytes of the folder count.  What went wrong goes to `why`. */
static void *open_in(const char *folder, size_t size, const char *file, char *why, size_t room)
{
    char path[PATH];
    const int length = snprintf(path, sizeof path, "%.*s%s%s", (int)size, folder,
                                size > 0 && folder[size - 1] != '/' ? "/" : "", file);

    if (length < 0 || (size_t)length >= sizeof path || access(path, F_OK) != 0)
        return NULL;
    /* A path with a stroke in it is looked for nowhere else. */
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        snprintf(why, room, "%s", dlerror());
    return handle;
}

static void *open_beside(const char *scenario, const char *file, char *why, size_t room)
{
    const char *stroke = strrchr(scenario, '/');

    if (file[0] == '/')
        return open_in("", 0, file, why, room);
    if (stroke == NULL)
        return open_in(".", 1, file, why, room);
    return open_in(scenario, (size_t)(stroke - scenario) + 1, file, why, room);
}

static void *open_on_path(const char *file, char *why, size_t room)
{
    const char *path = getenv("SOCKDRILL_PATH");
    void *handle = NULL;

    while (path != NULL && *path != '\0' && handle == NULL) {
        const size_t size = strcspn(path, ":");
        if (size > 0)
            handle = open_in(path, size, file, why, room);
        path += size + (path[size] == ':');
    }
    return handle;
}

static void *open_of_program(const char *file, char *why, size_t room)
{
    static const char *const folders[] = {"../scenarios", "../lib/sockdrill"};
    char program[PATH], folder[PATH + 32];
    const ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    void *handle = NULL;

    if (size <= 0)
        return NULL;
    program[size] = '\0';
    *strrchr(program, '/') = '\0';
    for (size_t i = 0; i < sizeof folders / sizeof *folders && handle == NULL; i++) {
        snprintf(folder, sizeof folder, "%s/%s", program, folders[i]);
        handle = open_in(folder, strlen(folder), file, why, room);
    }
    return handle;
}

int drill_library_open(struct drill_text *text, const char *name, char *why, size_t size)
{
    struct drill_library *library = drill_text_keep(text, sizeof *library);

    if (library == NULL)
        return -ENOMEM;
    snprintf(why, size,
             "expected a library beside the scenario, in $SOCKDRILL_PATH or with the program; "
             "'%s' is in none of them",
             name);
    library->handle = open_beside(text->path, name, why, size);
    if (library->handle == NULL)
        library->handle = open_on_path(name, why, size);
    if (library->handle == NULL)
        library->handle = open_of_program(name, why, size);
    if (library->handle == NULL)
        return -ENOENT;
    struct drill_library **end = &text->libraries;
    while (*end != NULL)
        end = &(*end)->next;
    *end = library;
    return 0;
}

void drill_library_close_all(struct drill_text *text)
{
    for (struct drill_library *library = text->libraries; library != NULL; library = library->next)
        dlclose(library->handle);
    text->libraries = NULL;
}
