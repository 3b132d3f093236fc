/*
 * tools/sockdrill.c - the sockdrill command, with no scenarios of its own.
 */
#include "tools/command.h"

int main(int count, char **arguments)
{
    return drill_command(count, arguments, NULL, 0);
}
