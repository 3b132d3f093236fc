#include <sockdrill.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(void)
{
    struct drill_world *world = drill_world_new(NULL);
    struct drill_host *server = drill_host_new(world, "server", "10.0.0.1");
    struct drill_host *client = drill_host_new(world, "client", "10.0.0.2");
    struct drill_sockaddr there = drill_sockaddr_parse("10.0.0.1:80");

    drill_partition(client, server);
    drill_enter(client);
    int error = drill_connect(drill_socket(AF_INET, SOCK_STREAM, 0), &there);
    printf("%s after %d s\n", strerror(-error), (int)(drill_now(world) / DRILL_SECOND));
    drill_world_free(world);
}
