/*
 * tests/main.c - runs the suites of suites.def: all of them, or those named on the command line.
 *
 * Tests share one process, which is fast and lets a debugger follow; a test that dies on purpose
 * forks for itself.  CK_FORK=yes gives each test a process of its own.
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUITE(name) Suite *name##_suite(void);
#include "tests/suites.def"
#undef SUITE

static const struct suite {
    const char *name;
    Suite *(*make)(void);
} suites[] = {
#define SUITE(name) {#name, name##_suite},
#include "tests/suites.def"
#undef SUITE
};

enum { SUITES = sizeof(suites) / sizeof(suites[0]) };

static bool add_named(SRunner *runner, const char *name)
{
    for (size_t index = 0; index < SUITES; index++) {
        if (strcmp(suites[index].name, name) == 0) {
            srunner_add_suite(runner, suites[index].make());
            return true;
        }
    }
    fprintf(stderr, "no suite is named '%s'; tests/suites.def lists them\n", name);
    return false;
}

static int run(SRunner *runner)
{
    if (getenv("CK_FORK") == NULL)
        srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    return srunner_ntests_failed(runner) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int count, char **arguments)
{
    SRunner *runner = srunner_create(NULL);
    bool known = true;

    for (int index = 1; index < count; index++)
        known = add_named(runner, arguments[index]) && known;
    for (size_t index = 0; count < 2 && index < SUITES; index++)
        srunner_add_suite(runner, suites[index].make());

    int status = known ? run(runner) : EXIT_FAILURE;

    srunner_free(runner);
    return status;
}
