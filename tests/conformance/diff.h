/* tests/conformance/diff.h - two texts beside each other. */
#ifndef TESTS_CONFORMANCE_DIFF_H
#define TESTS_CONFORMANCE_DIFF_H

/* Prints both texts as one, line by line: "  " in both, "- " in the wanted one only, "+ " in the
 * other. */
void print_difference(const char *wanted, const char *got);

#endif
