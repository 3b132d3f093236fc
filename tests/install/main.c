/* tests/install/main.c - a program of its own: two hosts, one request, one answer. */
#include <sockdrill.h>
#include <stdlib.h>
#include <sys/socket.h>

static int64_t serve(void *argument)
{
    int fd = drill_socket(AF_INET, SOCK_DGRAM, 0);
    struct drill_sockaddr here = drill_sockaddr_parse(argument);
    struct drill_sockaddr client;
    char letter = 0;

    if (fd < 0 || drill_bind(fd, &here) < 0)
        return EXIT_FAILURE;
    if (drill_recvfrom(fd, &letter, 1, 0, &client) != 1)
        return EXIT_FAILURE;
    letter++;
    return drill_sendto(fd, &letter, 1, 0, &client) == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int64_t ask(void *argument)
{
    int fd = drill_socket(AF_INET, SOCK_DGRAM, 0);
    struct drill_sockaddr there = drill_sockaddr_parse(argument);
    char letter = 'a';

    if (fd < 0 || drill_sendto(fd, &letter, 1, 0, &there) != 1)
        return EXIT_FAILURE;
    if (drill_recvfrom(fd, &letter, 1, 0, NULL) != 1)
        return EXIT_FAILURE;
    return letter == 'b' ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(void)
{
    static char address[] = "10.0.0.1:7";
    struct drill_config config = {.seed = 1};
    struct drill_world *world = drill_world_new(&config);
    struct drill_host *server = drill_host_new(world, "server", "10.0.0.1");
    struct drill_host *client = drill_host_new(world, "client", "10.0.0.2");
    struct drill_task *serving = drill_start(server, "serve", serve, address);
    struct drill_task *asking = drill_start(client, "ask", ask, address);
    int64_t served = EXIT_FAILURE;
    int64_t asked = EXIT_FAILURE;
    int run = drill_run(world);

    drill_join(serving, &served);
    drill_join(asking, &asked);
    drill_world_free(world);
    return run == 0 && served == 0 && asked == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
